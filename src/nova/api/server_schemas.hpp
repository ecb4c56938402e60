// Request bodies of servers, by microversion.
#pragma once

#include <memory>
#include <vector>

#include "nova/api/common.hpp"
#include "openstack/schema.hpp"

namespace nova::api {

// One schema and the versions in which it holds; ranges are disjoint and cover 2.1 to the newest.
struct VersionedSchema {
  Microversion from;
  Microversion until;
  std::shared_ptr<const openstack::Schema> schema;
};
[[nodiscard]] const std::vector<VersionedSchema>& create_server_schemas();
[[nodiscard]] const std::vector<VersionedSchema>& update_server_schemas();
[[nodiscard]] const std::vector<VersionedSchema>& rebuild_server_schemas();

}  // namespace nova::api
