// Who may do what: Keystone's rules under Keystone's names.
#pragma once

#include <span>

#include "openstack/policy.hpp"

namespace keystone {

[[nodiscard]] std::span<const openstack::PolicyRule> policies();

}  // namespace keystone
