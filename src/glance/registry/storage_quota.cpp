#include "glance/registry/storage_quota.hpp"

#include "glance/registry/registry.hpp"
#include "glance/storage_quota.hpp"
#include "platform/database/rows.hpp"

namespace glance::registry {

int64_t storage_use(platform::Session& session, const std::string& owner,
                    const std::string& except_image) {
  return platform::number(
      session,
      "SELECT COALESCE(SUM(size * (CASE WHEN location IS NULL THEN 0 ELSE 1 END + (SELECT COUNT(*) "
      "FROM image_locations l WHERE l.image_id = images.id AND l.position > 0))), 0) FROM images "
      "WHERE owner=? AND "
      "deleted=0 AND id<>?",
      {owner, except_image});
}

void require_storage(platform::Session& session, const std::string& owner,
                     const std::string& image_id, int64_t size, int64_t quota) {
  if (quota > 0) require_remaining(size, quota - storage_use(session, owner, image_id));
}

StorageUse Registry::storage_use(const GetStorageUse& request) {
  return database_.read([&](platform::Session& session) {
    return StorageUse{registry::storage_use(session, request.owner, request.except_image)};
  });
}

}  // namespace glance::registry
