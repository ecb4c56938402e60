// nova-compute: runs the guests of one host. It has no database: the conductor has.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "openstack/role.hpp"
#include "platform/config.hpp"
#include "platform/finding.hpp"

namespace nova::compute {

// Options of nova.conf that this role adds.
[[nodiscard]] std::span<const platform::Option> options();
[[nodiscard]] std::unique_ptr<openstack::Role> make_nova_compute(
    openstack::RoleEnvironment environment);
// What this host has and lacks for running guests.
[[nodiscard]] std::vector<platform::Finding> examine_host(platform::Runtime runtime);

}  // namespace nova::compute
