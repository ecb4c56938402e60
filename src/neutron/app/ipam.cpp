#include "neutron/app/ipam.hpp"

#include <algorithm>

namespace neutron::app {
namespace {

using store::AddressRange;
using store::SubnetRow;

Cidr cidr_of(const SubnetRow& subnet) { return parse_cidr(subnet.cidr).value_or(Cidr{}); }

// False: somebody has it.
bool take(platform::Session& session, store::Port& port, const SubnetRow& subnet,
          const IpAddress& address) {
  const store::AllocationRow row{subnet.id, to_key(address), port.row.id, subnet.network_id,
                                 to_text(address)};
  if (!platform::insert_if_absent(session, row)) return false;
  port.fixed_ips.push_back(row);
  return true;
}

// Where to look for an address, in this order: after the one given out last, then from the start.
// So an address rests as long as possible before somebody else gets it.
std::vector<AddressRange> ranges_of(const SubnetRow& subnet) {
  const auto pools = store::parse_pools(subnet.allocation_pools);
  const auto last = ip_from_key(subnet.last_allocated);
  std::vector<AddressRange> ranges;
  if (last)
    for (const AddressRange& pool : pools)
      if (pool.last > *last) ranges.push_back({std::max(pool.first, next(*last)), pool.last});
  ranges.insert(ranges.end(), pools.begin(), pools.end());
  return ranges;
}

// The first free address of the ranges.
std::optional<IpAddress> take_first(platform::Session& session, store::Port& port,
                                    const SubnetRow& subnet) {
  const auto ranges = ranges_of(subnet);
  // Mostly the very first is free: to try costs less than to look.
  if (!ranges.empty() && take(session, port, subnet, ranges.front().first))
    return ranges.front().first;
  for (const AddressRange& range : ranges)
    if (const auto address = store::find_free_address(session, subnet.id, range);
        address && take(session, port, subnet, *address))
      return address;
  return std::nullopt;
}

bool serves(const SubnetRow& subnet, const std::string& device_owner) {
  const auto types = store::parse_list(subnet.service_types);
  if (types.empty()) return true;
  return std::any_of(types.begin(), types.end(), [&](const base::Json& type) {
    return type.is_string() && type.get_string() == device_owner;
  });
}

void take_asked(platform::Session& session, store::Port& port, const SubnetRow& subnet,
                const IpAddress& address) {
  if (!cidr_of(subnet).contains(address))
    throw bad_request("InvalidIpForSubnet",
                      "IP address {} is not a valid IP for the specified subnet.",
                      to_text(address));
  if (subnet.is_auto_address() && address != eui64_address(cidr_of(subnet), port.row.mac_address))
    throw bad_request("AllocationOnAutoAddressSubnet",
                      "IPv6 address {} cannot be directly assigned to a port on subnet {} as the "
                      "subnet is configured for automatic addresses",
                      to_text(address), subnet.id);
  if (!take(session, port, subnet, address))
    throw conflict("IpAddressAlreadyAllocated", "IP address {} already allocated in subnet {}",
                   to_text(address), subnet.id);
}

SubnetRow& subnet_of_request(std::vector<SubnetRow>& subnets, const AddressRequest& request,
                             const std::string& network_id) {
  if (!request.subnet_id.empty()) {
    for (SubnetRow& subnet : subnets)
      if (subnet.id == request.subnet_id) return subnet;
    throw invalid_input(
        fmt::format("Failed to create port on network {}, because fixed_ips "
                    "included invalid subnet {}",
                    network_id, request.subnet_id));
  }
  const auto address = parse_ip(request.ip_address);
  for (SubnetRow& subnet : subnets)
    if (address && cidr_of(subnet).contains(*address)) return subnet;
  throw bad_request("InvalidIpForNetwork",
                    "IP address {} is not a valid IP for any of the subnets on the specified "
                    "network.",
                    request.ip_address);
}

[[noreturn]] void exhausted(const std::string& network_id) {
  throw conflict("IpAddressGenerationFailure", "No more IP addresses available on network {}.",
                 network_id);
}

void take_request(platform::Session& session, store::Port& port, std::vector<SubnetRow>& subnets,
                  const AddressRequest& request) {
  SubnetRow& subnet = subnet_of_request(subnets, request, port.row.network_id);
  if (request.ip_address.empty()) {
    if (!add_address(session, port, subnet)) exhausted(port.row.network_id);
    return;
  }
  const auto address = parse_ip(request.ip_address);
  if (!address)
    throw bad_request("InvalidIpForNetwork",
                      "IP address {} is not a valid IP for any of the subnets on the specified "
                      "network.",
                      request.ip_address);
  take_asked(session, port, subnet, *address);
}

// One address of any subnet of that version that has pools.
void take_any(platform::Session& session, store::Port& port, std::vector<SubnetRow>& subnets,
              int64_t ip_version) {
  bool candidates = false;
  for (SubnetRow& subnet : subnets) {
    if (subnet.ip_version != ip_version || subnet.is_auto_address()) continue;
    if (!serves(subnet, port.row.device_owner)) continue;
    candidates = true;
    if (add_address(session, port, subnet)) return;
  }
  if (candidates) exhausted(port.row.network_id);
}

bool has_address_of(const store::Port& port, const SubnetRow& subnet) {
  return std::any_of(port.fixed_ips.begin(), port.fixed_ips.end(),
                     [&](const auto& address) { return address.subnet_id == subnet.id; });
}

// Gives back what is not asked for again; what stays is taken off the list of requests. An entry
// that names only a subnet keeps the address that the port has there.
std::vector<AddressRequest> keep_asked(platform::Session& session, store::Port& port,
                                       std::vector<AddressRequest> requests) {
  std::erase_if(port.fixed_ips, [&](const store::AllocationRow& row) {
    const auto asked = std::find_if(requests.begin(), requests.end(), [&](const auto& request) {
      return (request.subnet_id.empty() || request.subnet_id == row.subnet_id) &&
             (request.ip_address.empty() ||
              parse_ip(request.ip_address) == parse_ip(row.ip_address));
    });
    if (asked != requests.end()) {
      requests.erase(asked);
      return false;
    }
    session.execute("DELETE FROM ip_allocations WHERE subnet_id=? AND ip_key=?",
                    {row.subnet_id, row.ip_key});
    return true;
  });
  // Exact addresses first: one chosen for a bare subnet must not take them.
  std::partition(requests.begin(), requests.end(),
                 [](const auto& request) { return !request.ip_address.empty(); });
  return requests;
}

}  // namespace

std::vector<AddressRequest> address_requests(const Attributes& attributes) {
  std::vector<AddressRequest> requests;
  const base::Json* list = attributes.if_contains("fixed_ips");
  if (!list || !list->is_array()) return requests;
  for (const base::Json& item : list->get_array())
    requests.push_back({base::text_or(item, "subnet_id"), base::text_or(item, "ip_address")});
  return requests;
}

bool add_address(platform::Session& session, store::Port& port, SubnetRow& subnet) {
  if (subnet.is_auto_address())
    return take(session, port, subnet, eui64_address(cidr_of(subnet), port.row.mac_address));
  const auto address = take_first(session, port, subnet);
  if (!address) return false;
  subnet.last_allocated = to_key(*address);
  session.execute("UPDATE subnets SET last_allocated=? WHERE id=?",
                  {subnet.last_allocated, subnet.id});
  return true;
}

void assign_addresses(Core& core, platform::Session& session, store::Port& port,
                      const std::optional<std::vector<AddressRequest>>& request) {
  auto subnets = store::list_subnets_of_network(session, port.row.network_id);
  if (request) {
    if (static_cast<int64_t>(request->size()) > core.settings().max_fixed_ips_per_port)
      throw invalid_input("Exceeded maximum amount of fixed ips per port");
    for (const AddressRequest& entry : keep_asked(session, port, *request))
      take_request(session, port, subnets, entry);
  } else {
    take_any(session, port, subnets, 4);
    take_any(session, port, subnets, 6);
  }
  for (SubnetRow& subnet : subnets)
    if (subnet.is_auto_address() && !has_address_of(port, subnet))
      add_address(session, port, subnet);
  // As they are read.
  std::sort(port.fixed_ips.begin(), port.fixed_ips.end(), [](const auto& a, const auto& b) {
    return std::tie(a.subnet_id, a.ip_address) < std::tie(b.subnet_id, b.ip_address);
  });
}

}  // namespace neutron::app
