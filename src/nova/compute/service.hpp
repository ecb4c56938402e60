// nova-compute: runs the guests of one host. It has no database: the conductor has.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "nova/compute/disks.hpp"
#include "nova/compute/interfaces.hpp"
#include "nova/drivers/hypervisor/driver.hpp"
#include "openstack/role.hpp"
#include "platform/config.hpp"
#include "platform/finding.hpp"

namespace nova::compute {

// Options of nova.conf that this role adds.
[[nodiscard]] std::span<const platform::Option> options();
[[nodiscard]] std::unique_ptr<openstack::Role> make_nova_compute(
    openstack::RoleEnvironment environment);

// What a host is made of, where the configuration does not decide it: the simulation.
struct HostParts {
  std::unique_ptr<drivers::Hypervisor> hypervisor;
  std::unique_ptr<Disks> disks;
  std::unique_ptr<Interfaces> interfaces;
  base::Duration vif_plugging_timeout = std::chrono::seconds{60};
};
[[nodiscard]] std::unique_ptr<openstack::Role> make_nova_compute(
    openstack::RoleEnvironment environment, HostParts parts);
// Ends the guests of this configuration on this host, and removes their network interfaces; their
// disks stay. Not while such a nova-compute runs. What was ended, a line each.
std::vector<std::string> clean_host(const platform::Config& config, platform::Runtime runtime);
// What this host has and lacks for running guests.
[[nodiscard]] std::vector<platform::Finding> examine_host(platform::Runtime runtime);

}  // namespace nova::compute
