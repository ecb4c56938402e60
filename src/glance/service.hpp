// Glance: images. Builds its roles from config.
#pragma once

#include <memory>
#include <span>

#include "glance/drivers/image_store.hpp"
#include "openstack/role.hpp"
#include "platform/config.hpp"

namespace glance {

// Options of glance.conf.
[[nodiscard]] std::span<const platform::Option> options();

// Serves the Image API v2 and keeps the bytes; asks the registry for all else.
[[nodiscard]] std::unique_ptr<openstack::Role> make_glance_api(
    openstack::RoleEnvironment environment);
// The same over another store, and another place for what waits to be imported: the simulation.
[[nodiscard]] std::unique_ptr<openstack::Role> make_glance_api(
    openstack::RoleEnvironment environment, std::unique_ptr<drivers::ImageStore> store,
    std::unique_ptr<drivers::ImageStore> staging);
// Keeps the metadata; the only role of Glance with a database.
[[nodiscard]] std::unique_ptr<openstack::Role> make_glance_registry(
    openstack::RoleEnvironment environment);

}  // namespace glance
