// Subnets and the addresses taken from them.
#pragma once

#include "neutron/ip.hpp"
#include "neutron/store/fragments.hpp"

namespace neutron::store {

struct SubnetRow {
  static constexpr std::string_view kTable = "subnets";
  std::string id;
  std::string project_id;
  std::string network_id;
  std::string name;
  std::string description;
  int64_t ip_version = 4;
  std::string cidr;
  std::string gateway_ip;  // empty: none
  bool enable_dhcp = true;
  std::string ipv6_ra_mode;
  std::string ipv6_address_mode;
  std::string allocation_pools = "[]";  // JSON: [{"start":..., "end":...}]
  std::string dns_nameservers = "[]";   // JSON: [text]
  std::string host_routes = "[]";       // JSON: [{"destination":..., "nexthop":...}]
  std::string service_types = "[]";     // JSON: [text]
  std::string subnetpool_id;
  std::string last_allocated;  // key of the address given out last, where the next search starts
  std::string tags = "[]";
  int64_t revision_number = 0;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};

  // Addresses follow from the MAC, not from a pool.
  [[nodiscard]] bool is_auto_address() const {
    return ipv6_address_mode == "slaac" || ipv6_address_mode == "dhcpv6-stateless";
  }
};
BOOST_DESCRIBE_STRUCT(SubnetRow, (),
                      (id, project_id, network_id, name, description, ip_version, cidr, gateway_ip,
                       enable_dhcp, ipv6_ra_mode, ipv6_address_mode, allocation_pools,
                       dns_nameservers, host_routes, service_types, subnetpool_id, last_allocated,
                       tags, revision_number, created_at, updated_at))

struct AllocationRow {
  static constexpr std::string_view kTable = "ip_allocations";
  std::string subnet_id;
  std::string ip_key;  // to_key(address)
  std::string port_id;
  std::string network_id;
  std::string ip_address;
};
BOOST_DESCRIBE_STRUCT(AllocationRow, (), (subnet_id, ip_key, port_id, network_id, ip_address))

struct AddressRange {
  IpAddress first;
  IpAddress last;
};
// Of a subnet's allocation_pools column.
[[nodiscard]] std::vector<AddressRange> parse_pools(const std::string& allocation_pools);

[[nodiscard]] std::optional<SubnetRow> find_subnet(platform::Session& session,
                                                   const std::string& id);
// In order of creation.
[[nodiscard]] std::vector<SubnetRow> list_subnets_of_network(platform::Session& session,
                                                             const std::string& network_id);
// The lowest address in [first, last] that nobody has.
[[nodiscard]] std::optional<IpAddress> find_free_address(platform::Session& session,
                                                         const std::string& subnet_id,
                                                         const AddressRange& range);

}  // namespace neutron::store
