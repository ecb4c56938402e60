// Neutron's exceptions by the names and words that clients see (neutron_lib/exceptions).
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace neutron::app {

template <class... Args>
[[nodiscard]] base::Error error(base::ErrorKind kind, std::string_view type,
                                fmt::format_string<Args...> format, Args&&... args) {
  base::Error result(kind, fmt::format(format, std::forward<Args>(args)...));
  result.with_type(std::string(type));
  return result;
}

template <class... Args>
[[nodiscard]] base::Error bad_request(std::string_view type, fmt::format_string<Args...> format,
                                      Args&&... args) {
  return error(base::ErrorKind::bad_request, type, format, std::forward<Args>(args)...);
}
template <class... Args>
[[nodiscard]] base::Error conflict(std::string_view type, fmt::format_string<Args...> format,
                                   Args&&... args) {
  return error(base::ErrorKind::conflict, type, format, std::forward<Args>(args)...);
}

[[nodiscard]] inline base::Error invalid_input(std::string_view what) {
  return bad_request("InvalidInput", "Invalid input for operation: {}.", what);
}

// One row per resource: NetworkNotFound and its kin differ in words.
[[nodiscard]] inline base::Error network_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "NetworkNotFound", "Network {} could not be found.", id);
}
[[nodiscard]] inline base::Error subnet_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "SubnetNotFound", "Subnet {} could not be found.", id);
}
[[nodiscard]] inline base::Error port_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "PortNotFound", "Port {} could not be found.", id);
}
[[nodiscard]] inline base::Error security_group_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "SecurityGroupNotFound",
               "Security group {} does not exist", id);
}
[[nodiscard]] inline base::Error rule_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "SecurityGroupRuleNotFound",
               "Security group rule {} does not exist", id);
}
[[nodiscard]] inline base::Error agent_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "AgentNotFound", "Agent {} could not be found.", id);
}
[[nodiscard]] inline base::Error subnetpool_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "SubnetPoolNotFound",
               "Subnet pool {} could not be found.", id);
}
[[nodiscard]] inline base::Error address_scope_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "AddressScopeNotFound",
               "Address scope {} could not be found", id);
}
[[nodiscard]] inline base::Error rbac_policy_not_found(std::string_view id) {
  return error(base::ErrorKind::not_found, "RbacPolicyNotFound", "RBAC policy with ID {} not found",
               id);
}

}  // namespace neutron::app
