// A role: one of OpenStack's processes as an object. It works from construction to destruction and
// can not tell whether it shares its process with others.
#pragma once

#include <memory>

#include "openstack/api.hpp"
#include "openstack/token.hpp"
#include "platform/bus/bus.hpp"
#include "platform/config.hpp"
#include "platform/database/database.hpp"
#include "platform/http/client.hpp"
#include "platform/runtime.hpp"

namespace openstack {

// What a role is given. All references outlive it.
struct RoleEnvironment {
  platform::Runtime runtime;
  platform::Bus& bus;
  platform::Database*
      database;  // the service's; null for roles that may have none (agents, compute)
  platform::http::Transport& transport;
  const platform::Config& config;
  Tokens* tokens;  // null for roles without an API
};

class Role {
 public:
  virtual ~Role() = default;
  // What to serve over HTTP, if anything; valid as long as the role.
  [[nodiscard]] virtual Api* api() { return nullptr; }
  // A second thing to serve (nova-api: the metadata service for the metadata agent).
  [[nodiscard]] virtual platform::http::Handler extra_handler() { return nullptr; }
};

}  // namespace openstack
