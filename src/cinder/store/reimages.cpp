#include "cinder/store/reimages.hpp"

namespace cinder::store {

using platform::Session;

std::optional<ReimageRow> find_reimage(Session& session, const std::string& volume_id,
                                       const std::string& operation_id) {
  return platform::find<ReimageRow>(session, "WHERE volume_id=? AND operation_id=?",
                                    {volume_id, operation_id});
}

void delete_reimage(Session& session, const std::string& volume_id) {
  session.execute("DELETE FROM volume_reimages WHERE volume_id=?", {volume_id});
}

}  // namespace cinder::store
