// Neutron's server: the only header that the binary needs of it. The agents have their own.
#pragma once

#include <memory>
#include <span>

#include "openstack/role.hpp"
#include "platform/config.hpp"

namespace neutron {

// The options of neutron-server's configuration.
[[nodiscard]] std::span<const platform::Option> options();

// Role "neutron-server": the REST API, what agents ask for, and what Nova is told. Needs a database
// with Neutron's schema and tokens. Throws base::Error(bad_request) for a configuration that makes
// no sense.
[[nodiscard]] std::unique_ptr<openstack::Role> make_neutron_server(
    openstack::RoleEnvironment environment);

}  // namespace neutron
