// Subnets: the rules of the core plugin.
#pragma once

#include "neutron/app/core.hpp"
#include "neutron/store/subnets.hpp"

namespace neutron::app {

// Thread-safe.
class Subnets {
 public:
  explicit Subnets(Core& core) : core_(core) {}
  using Entity = store::SubnetRow;

  [[nodiscard]] std::vector<Entity> list(const openstack::Context& context,
                                         const store::ListQuery& query);
  [[nodiscard]] Entity get(const openstack::Context& context, const std::string& id);
  [[nodiscard]] std::vector<Entity> create(const openstack::Context& context,
                                           const std::vector<Attributes>& requests);
  [[nodiscard]] Entity update(const openstack::Context& context, const std::string& id,
                              const Attributes& changes, const Precondition& precondition);
  // Throws Error(conflict) while ports, other than Neutron's own, have addresses of it.
  void remove(const openstack::Context& context, const std::string& id,
              const Precondition& precondition);

 private:
  Entity create_one(platform::Session& session, Changes& news, const openstack::Context& context,
                    const Attributes& request);
  Core& core_;
};

// Rules on the values of a subnet (subnet_rules.cpp). All throw base::Error with Neutron's words.

// Modes, DHCP and prefix of IPv6 go together.
void check_ipv6_modes(const store::SubnetRow& subnet);
// The first usable address.
[[nodiscard]] std::string default_gateway(const Cidr& cidr);
// "" or an address that fits the subnet.
void check_gateway(const store::SubnetRow& subnet);
// Everything usable but the gateway.
[[nodiscard]] base::JsonArray default_pools(const store::SubnetRow& subnet);
// In bounds, disjoint, without the gateway.
void check_pools(const store::SubnetRow& subnet);

}  // namespace neutron::app
