// Who may do what, under the names of Neutron's own rules.
#pragma once

#include <span>

#include "openstack/policy.hpp"

namespace neutron::api {

[[nodiscard]] std::span<const openstack::PolicyRule> policies();

}  // namespace neutron::api
