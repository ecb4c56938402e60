#include "cinder/store/encryptions.hpp"

namespace cinder::store {

using platform::Session;

std::optional<EncryptionRow> find_encryption(Session& session, const std::string& volume_type_id) {
  return platform::find<EncryptionRow>(session, "WHERE volume_type_id=?", {volume_type_id});
}

void delete_encryption(Session& session, const std::string& volume_type_id) {
  session.execute("DELETE FROM volume_type_encryptions WHERE volume_type_id=?", {volume_type_id});
}

}  // namespace cinder::store
