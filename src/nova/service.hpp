// Builds Nova's control plane: nova-api, nova-scheduler, nova-conductor. The compute role has its
// own: nova/compute/service.hpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "openstack/role.hpp"

namespace nova {

[[nodiscard]] std::span<const platform::Option> options();

// All need a database whose schema is nova::store::migrations(). nova-api also needs tokens; its
// extra_handler is the metadata service for Neutron's metadata agent.
[[nodiscard]] std::unique_ptr<openstack::Role> make_nova_api(
    openstack::RoleEnvironment environment);
[[nodiscard]] std::unique_ptr<openstack::Role> make_nova_scheduler(
    openstack::RoleEnvironment environment);
[[nodiscard]] std::unique_ptr<openstack::Role> make_nova_conductor(
    openstack::RoleEnvironment environment);

// Why the server went where it went: text for `nephele explain`. Throws Error(not_found).
[[nodiscard]] std::string explain(platform::Database& database, const std::string& server_id);

// The topics of each compute host that ever reported.
[[nodiscard]] std::vector<std::string> list_compute_topics(platform::Database& database);

}  // namespace nova
