#include "cinder/store/managed_sources.hpp"

namespace cinder::store {

using platform::Session;

std::optional<ManagedSourceRow> find_managed_source(Session& session, const std::string& item_id,
                                                    const std::string& operation_id) {
  return platform::find<ManagedSourceRow>(session, "WHERE item_id=? AND operation_id=?",
                                          {item_id, operation_id});
}

void delete_managed_source(Session& session, const std::string& item_id) {
  session.execute("DELETE FROM managed_sources WHERE item_id=?", {item_id});
}

}  // namespace cinder::store
