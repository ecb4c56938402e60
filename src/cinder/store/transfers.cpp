#include "cinder/store/transfers.hpp"

namespace cinder::store {

using platform::Session;

std::optional<TransferRow> find_transfer(Session& session, const std::string& id) {
  return platform::find<TransferRow>(session, "WHERE id=?", {id});
}

void delete_transfer(Session& session, const std::string& id) {
  session.execute("DELETE FROM volume_transfers WHERE id=?", {id});
}

}  // namespace cinder::store
