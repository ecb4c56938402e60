// cinder-volume: keeps volumes in the back ends of one host, several at once.
#pragma once

#include <memory>
#include <span>

#include "openstack/role.hpp"
#include "platform/config.hpp"

namespace cinder::volume {

// Options of cinder.conf that this role adds.
[[nodiscard]] std::span<const platform::Option> options();
// Needs a database whose schema is cinder::store::migrations().
[[nodiscard]] std::unique_ptr<openstack::Role> make_cinder_volume(
    openstack::RoleEnvironment environment);

}  // namespace cinder::volume
