#include "neutron/app/subnets.hpp"

#include "neutron/app/dhcp.hpp"
#include "neutron/app/ipam.hpp"
#include "neutron/app/quotas.hpp"
#include "neutron/app/subnetpools.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/networks.hpp"
#include "neutron/store/ports.hpp"

namespace neutron::app {
namespace {

void check_counts(Core& core, const store::SubnetRow& row) {
  const auto size = [](const std::string& list) {
    return static_cast<int64_t>(store::parse_list(list).size());
  };
  if (size(row.dns_nameservers) > core.settings().max_dns_nameservers)
    throw conflict("DNSNameServersExhausted",
                   "Unable to complete operation for {}. The number of DNS nameservers exceeds the "
                   "limit {}.",
                   row.id, core.settings().max_dns_nameservers);
  if (size(row.host_routes) > core.settings().max_subnet_host_routes)
    throw conflict("HostRoutesExhausted",
                   "Unable to complete operation for {}. The number of host routes exceeds the "
                   "limit {}.",
                   row.id, core.settings().max_subnet_host_routes);
}

void check_versions(const store::SubnetRow& row) {
  const auto is_right = [&](const std::string& address) {
    const auto ip = parse_cidr(address);
    return ip && ip->address.version == row.ip_version;
  };
  for (const base::Json& route : store::parse_list(row.host_routes))
    for (const auto field : {"destination", "nexthop"})
      if (!is_right(base::text_or(route, field)))
        throw invalid_input(fmt::format("host_routes: '{}' does not match the ip_version '{}'",
                                        base::text_or(route, field), row.ip_version));
}

void check_overlap(platform::Session& session, const store::SubnetRow& row) {
  const Cidr cidr = *parse_cidr(row.cidr);
  for (const store::SubnetRow& other : store::list_subnets_of_network(session, row.network_id)) {
    const auto taken = parse_cidr(other.cidr);
    if (taken && cidr.address.version == taken->address.version && cidr.overlaps(*taken))
      throw invalid_input(
          fmt::format("Requested subnet with cidr: {} for network: {} overlaps "
                      "with another subnet",
                      row.cidr, row.network_id));
  }
}

// An own prefix, or one that a pool gives.
void choose_cidr(Core& core, platform::Session& session, const openstack::Context& context,
                 store::SubnetRow& row, const Attributes& request) {
  const std::string asked = text(request, "cidr");
  const auto pool = find_pool_for(session, context, request, row.ip_version);
  if (!pool && asked.empty())
    throw bad_request("BadRequest",
                      "Bad subnets request: a subnetpool must be specified in the absence of a "
                      "cidr.");
  if (pool) {
    row.subnetpool_id = pool->id;
    row.ip_version = pool->ip_version;
    row.cidr = allocate_from_pool(core, session, *pool, asked, integer(request, "prefixlen"),
                                  row.project_id);
    return;
  }
  if (has(request, "prefixlen"))
    throw bad_request("BadRequest",
                      "Bad subnets request: prefixlen can only be used with a subnetpool.");
  const auto cidr = parse_cidr(asked);
  if (!cidr || cidr->address.version != row.ip_version)
    throw invalid_input(
        fmt::format("cidr '{}' does not match the ip_version '{}'", asked, row.ip_version));
  if (cidr->prefix == 0) throw invalid_input("0 is not allowed as CIDR prefix length");
  row.cidr = to_text(*cidr);
}

// Ports that are already there get an address of a subnet whose addresses follow from the MAC.
void add_auto_addresses(platform::Session& session, store::SubnetRow& subnet) {
  if (!subnet.is_auto_address()) return;
  for (auto& port : store::list_ports(session, {{" AND network_id=?", {subnet.network_id}}, {}}))
    add_address(session, port, subnet);
}

void touch_network(Core& core, platform::Session& session, Changes& news,
                   const std::string& network_id) {
  session.execute("UPDATE networks SET revision_number=revision_number+1, updated_at=? WHERE id=?",
                  {core.now(), network_id});
  news.network(network_id);
}

}  // namespace

std::vector<store::SubnetRow> Subnets::list(const openstack::Context& /*context*/,
                                            const store::ListQuery& query) {
  return core_.read([&](platform::Session& session) {
    return store::select_list<store::SubnetRow>(session, query);
  });
}

store::SubnetRow Subnets::get(const openstack::Context& context, const std::string& id) {
  auto found = list(context, by_id(visible_subnets(context), id));
  if (found.empty()) throw subnet_not_found(id);
  return std::move(found.front());
}

std::vector<store::SubnetRow> Subnets::create(const openstack::Context& context,
                                              const std::vector<Attributes>& requests) {
  return core_.write("create_subnet", [&](platform::Session& session, Changes& news) {
    std::vector<store::SubnetRow> created;
    for (const Attributes& request : requests)
      created.push_back(create_one(session, news, context, request));
    return created;
  });
}

store::SubnetRow Subnets::create_one(platform::Session& session, Changes& news,
                                     const openstack::Context& context, const Attributes& request) {
  store::SubnetRow row;
  row.id = core_.new_id();
  row.project_id = text(request, "project_id");
  row.network_id = text(request, "network_id");
  if (!store::lock_network(session, row.network_id)) throw network_not_found(row.network_id);
  row.name = text(request, "name");
  row.description = text(request, "description");
  row.ip_version = integer(request, "ip_version").value_or(4);
  row.enable_dhcp = flag(request, "enable_dhcp");
  row.ipv6_ra_mode = text(request, "ipv6_ra_mode");
  row.ipv6_address_mode = text(request, "ipv6_address_mode");
  row.dns_nameservers = list_text(request, "dns_nameservers");
  row.host_routes = list_text(request, "host_routes");
  row.service_types = list_text(request, "service_types");
  row.created_at = row.updated_at = core_.now();
  check_quota(core_, session, row.project_id, "subnet");
  choose_cidr(core_, session, context, row, request);
  check_ipv6_modes(row);
  check_overlap(session, row);
  row.gateway_ip = has(request, "gateway_ip") ? text(request, "gateway_ip")
                                              : default_gateway(*parse_cidr(row.cidr));
  check_gateway(row);
  const base::Json* pools = request.if_contains("allocation_pools");
  row.allocation_pools = base::to_text(pools && pools->is_array() ? *pools : default_pools(row));
  check_pools(row);
  check_counts(core_, row);
  check_versions(row);
  platform::insert(session, row);
  add_auto_addresses(session, row);
  touch_network(core_, session, news, row.network_id);
  return row;
}

store::SubnetRow Subnets::update(const openstack::Context& /*context*/, const std::string& id,
                                 const Attributes& changes, const Precondition& precondition) {
  return core_.write("update_subnet", [&](platform::Session& session, Changes& news) {
    auto row = store::find_subnet(session, id);
    if (!row) throw subnet_not_found(id);
    check_revision(precondition, row->revision_number);
    assign(row->name, changes, "name");
    assign(row->description, changes, "description");
    assign(row->gateway_ip, changes, "gateway_ip");
    assign(row->enable_dhcp, changes, "enable_dhcp");
    assign_list(row->dns_nameservers, changes, "dns_nameservers");
    assign_list(row->host_routes, changes, "host_routes");
    assign_list(row->service_types, changes, "service_types");
    assign_list(row->allocation_pools, changes, "allocation_pools");
    check_ipv6_modes(*row);
    check_gateway(*row);
    check_pools(*row);
    check_counts(core_, *row);
    check_versions(*row);
    ++row->revision_number;
    row->updated_at = core_.now();
    platform::update(session, *row);
    release_unserved(session, news, row->network_id);
    touch_network(core_, session, news, row->network_id);
    return *row;
  });
}

void Subnets::remove(const openstack::Context& /*context*/, const std::string& id,
                     const Precondition& precondition) {
  core_.write("delete_subnet", [&](platform::Session& session, Changes& news) {
    const auto row = store::find_subnet(session, id);
    if (!row) throw subnet_not_found(id);
    check_revision(precondition, row->revision_number);
    if (!row->is_auto_address() &&
        platform::number(session,
                         "SELECT COUNT(*) FROM ip_allocations a JOIN ports p ON p.id=a.port_id"
                         " WHERE a.subnet_id=? AND p.device_owner<>?",
                         {id, store::kDhcpOwner}) > 0)
      throw conflict("SubnetInUse",
                     "Unable to complete operation on subnet {}: One or more ports have an IP "
                     "allocation from this subnet.",
                     id);
    session.execute("DELETE FROM ip_allocations WHERE subnet_id=?", {id});
    session.execute("DELETE FROM subnets WHERE id=?", {id});
    release_unserved(session, news, row->network_id);
    touch_network(core_, session, news, row->network_id);
  });
}

}  // namespace neutron::app
