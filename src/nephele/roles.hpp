// The roles and services that this binary has, as tables.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "openstack/role.hpp"
#include "platform/config.hpp"
#include "platform/database/migration.hpp"

namespace nephele {

// One process of OpenStack.
struct RoleEntry {
  std::string_view name;     // "nova-api"
  std::string_view service;  // a ServiceEntry's name
  std::string_view purpose;
  bool has_database;    // agents and nova-compute have none
  uint16_t port;        // of its API; 0: none
  uint16_t extra_port;  // of Role::extra_handler; 0: none
  std::unique_ptr<openstack::Role> (*make)(openstack::RoleEnvironment);

  // nova-compute, the agents and cinder-volume: guests, devices or volumes of the host are theirs.
  [[nodiscard]] bool works_on_host() const {
    return port == 0 && (!has_database || name == "cinder-volume");
  }
};

// One of OpenStack's projects: what its roles share.
struct ServiceEntry {
  std::string_view name;                                 // "nova"
  std::string_view type;                                 // "compute", as in the catalog
  uint16_t port;                                         // of its API
  std::string_view endpoint_path;                        // "/v2.1"
  bool has_bus;                                          // its roles talk over one
  std::span<const platform::Migration> (*migrations)();  // null: no database
  std::vector<std::span<const platform::Option>> (*options)();
};

[[nodiscard]] std::span<const RoleEntry> roles();
[[nodiscard]] std::span<const ServiceEntry> services();
// Throws base::Error(bad_request) with the known names.
[[nodiscard]] const RoleEntry& get_role(std::string_view name);
[[nodiscard]] const ServiceEntry& get_service(std::string_view name);

}  // namespace nephele
