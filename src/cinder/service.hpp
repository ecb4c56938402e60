// Builds Cinder's control plane: cinder-api and cinder-scheduler. cinder-volume has its own:
// cinder/volume/service.hpp.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "openstack/role.hpp"

namespace cinder {

[[nodiscard]] std::span<const platform::Option> options();

// Both need a database whose schema is cinder::store::migrations(). cinder-api also needs tokens.
[[nodiscard]] std::unique_ptr<openstack::Role> make_cinder_api(
    openstack::RoleEnvironment environment);
[[nodiscard]] std::unique_ptr<openstack::Role> make_cinder_scheduler(
    openstack::RoleEnvironment environment);

// Why the volume, or the group of volumes, went where it went: text for `nephele explain`; nullopt:
// there is none of that id.
[[nodiscard]] std::optional<std::string> explain(platform::Database& database,
                                                 const std::string& id);

// The topics of each back end that ever reported.
[[nodiscard]] std::vector<std::string> list_volume_topics(platform::Database& database);

}  // namespace cinder
