// cinder-volume: keeps volumes in the back ends of one host, several at once.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cinder/drivers/target/target.hpp"
#include "cinder/drivers/volume/provider.hpp"
#include "openstack/role.hpp"
#include "platform/config.hpp"

namespace cinder::volume {

// Options of cinder.conf that this role adds.
[[nodiscard]] std::span<const platform::Option> options();
// Needs a database whose schema is cinder::store::migrations().
[[nodiscard]] std::unique_ptr<openstack::Role> make_cinder_volume(
    openstack::RoleEnvironment environment);

// What a host's storage is made of, where the configuration does not decide it: the simulation.
struct StorageParts {
  // Of a back end, by the name of its section.
  std::function<std::unique_ptr<drivers::Provider>(const std::string& section)> make_provider;
  std::unique_ptr<drivers::Target> target;
};
[[nodiscard]] std::unique_ptr<openstack::Role> make_cinder_volume(
    openstack::RoleEnvironment environment, StorageParts parts);
// Ends what this configuration has running on this host beside its roles: the daemons that guests
// reach volumes by. Not while such a cinder-volume runs. What was ended, a line each.
std::vector<std::string> clean_host(const platform::Config& config);

}  // namespace cinder::volume
