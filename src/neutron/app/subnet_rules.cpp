#include <algorithm>

#include "neutron/app/subnets.hpp"

namespace neutron::app {
namespace {

using store::AddressRange;

// The hosts' part of a subnet: in IPv4 without network and broadcast address, in IPv6 without the
// subnet-router anycast address (RFC 4291 2.6.1). /31 and /32 (/127, /128) are all hosts.
AddressRange usable(const Cidr& cidr) {
  AddressRange range{cidr.first(), cidr.last()};
  if (cidr.bits() - cidr.prefix <= 1) return range;
  range.first = next(range.first);
  if (cidr.address.version == 4) --range.last.number;
  return range;
}

std::string to_text(const AddressRange& range) {
  return neutron::to_text(range.first) + "-" + neutron::to_text(range.last);
}

}  // namespace

void check_ipv6_modes(const store::SubnetRow& subnet) {
  const std::string& ra = subnet.ipv6_ra_mode;
  const std::string& address = subnet.ipv6_address_mode;
  if (ra.empty() && address.empty()) return;
  if (subnet.ip_version == 4)
    throw invalid_input(ra.empty() ? "'ipv6_address_mode' is not valid when 'ip_version' is 4"
                                   : "'ipv6_ra_mode' is not valid when 'ip_version' is 4");
  if (!subnet.enable_dhcp)
    throw invalid_input(
        "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
  if (!ra.empty() && !address.empty() && ra != address)
    throw invalid_input(fmt::format(
        "ipv6_ra_mode set to '{}' with ipv6_address_mode set to '{}' is not valid. If both "
        "attributes are set, they must be the same value",
        ra, address));
  const auto cidr = parse_cidr(subnet.cidr);
  if (subnet.is_auto_address() && cidr && cidr->prefix != 64)
    throw invalid_input(
        fmt::format("Invalid CIDR {} for IPv6 address mode. OpenStack uses the "
                    "EUI-64 address format, which requires the prefix to be /64",
                    subnet.cidr));
}

std::string default_gateway(const Cidr& cidr) { return neutron::to_text(usable(cidr).first); }

void check_gateway(const store::SubnetRow& subnet) {
  if (subnet.gateway_ip.empty()) return;
  const auto gateway = parse_ip(subnet.gateway_ip);
  const auto cidr = parse_cidr(subnet.cidr);
  if (!gateway || !cidr || gateway->version != subnet.ip_version)
    throw invalid_input(fmt::format("gateway_ip '{}' does not match the ip_version '{}'",
                                    subnet.gateway_ip, subnet.ip_version));
  const bool on_edge = *gateway == cidr->first() || *gateway == cidr->last();
  if (subnet.ip_version == 4 && cidr->prefix < 31 && on_edge)
    throw invalid_input("Gateway is not valid on subnet");
}

base::JsonArray default_pools(const store::SubnetRow& subnet) {
  const AddressRange all = usable(*parse_cidr(subnet.cidr));
  const auto gateway = parse_ip(subnet.gateway_ip);
  std::vector<AddressRange> ranges{all};
  if (gateway && *gateway >= all.first && *gateway <= all.last) {
    ranges = {{all.first, {all.first.version, gateway->number - 1}}, {next(*gateway), all.last}};
    if (*gateway == all.first) ranges.erase(ranges.begin());
    if (*gateway == all.last) ranges.pop_back();
  }
  base::JsonArray pools;
  for (const AddressRange& range : ranges)
    pools.push_back(base::JsonObject{{"start", neutron::to_text(range.first)},
                                     {"end", neutron::to_text(range.last)}});
  return pools;
}

void check_pools(const store::SubnetRow& subnet) {
  const Cidr cidr = *parse_cidr(subnet.cidr);
  auto pools = store::parse_pools(subnet.allocation_pools);
  for (const AddressRange& pool : pools) {
    if (pool.first.version != subnet.ip_version || pool.last.version != subnet.ip_version)
      throw bad_request("InvalidAllocationPool", "The allocation pool {} is not valid.",
                        to_text(pool));
    if (pool.last < pool.first)
      throw bad_request("InvalidAllocationPool", "The allocation pool {} is not valid.",
                        to_text(pool));
    const AddressRange all = usable(cidr);
    if (pool.first < all.first || pool.last > all.last)
      throw bad_request("OutOfBoundsAllocationPool",
                        "The allocation pool {} spans beyond the subnet cidr {}.", to_text(pool),
                        subnet.cidr);
  }
  std::sort(pools.begin(), pools.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.first < b.first; });
  for (size_t i = 1; i < pools.size(); ++i)
    if (pools[i].first <= pools[i - 1].last)
      throw conflict("OverlappingAllocationPools",
                     "Found overlapping allocation pools: {} {} for subnet {}.",
                     to_text(pools[i - 1]), to_text(pools[i]), subnet.cidr);
  const auto gateway = parse_ip(subnet.gateway_ip);
  for (const AddressRange& pool : pools)
    if (gateway && *gateway >= pool.first && *gateway <= pool.last)
      throw conflict("GatewayConflictWithAllocationPools",
                     "Gateway ip {} conflicts with allocation pool {}.", subnet.gateway_ip,
                     to_text(pool));
}

}  // namespace neutron::app
