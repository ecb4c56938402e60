// The networks of a new server: checked with Neutron before anything is written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nova/app/app.hpp"

namespace nova::app {

// How the caller put it.
struct NetworkWish {
  enum class Kind {
    none,       // no interface
    automatic,  // one is found or made: 2.37's "auto"
    unstated,   // the project's only network, if there is one
    listed,
  };
  Kind kind = Kind::unstated;
  std::vector<RequestedNetwork> networks;  // if listed
  int64_t servers = 1;                     // how many servers are asked for at once
};

struct NetworkPlan {
  std::vector<RequestedNetwork> networks;    // each with its network_id
  std::map<std::string, std::string> names;  // network id -> name, for the views
};

// Throws Error(bad_request) for networks and ports that are not there, Error(conflict) for a port
// in use and for a choice that is not clear.
[[nodiscard]] NetworkPlan plan_networks(App& app, const openstack::Context& context,
                                        const NetworkWish& wish);
// Ids of the groups; empty for none but "default", which Neutron applies by itself. Throws
// Error(bad_request) for an unknown one.
[[nodiscard]] std::vector<std::string> find_security_groups(App& app,
                                                            const openstack::Context& context,
                                                            const std::vector<std::string>& names);

}  // namespace nova::app
