// Extension network-ip-availability: how many addresses there are and how many are taken.
#include "neutron/api/resources.hpp"
#include "neutron/ip.hpp"

namespace neutron::api {
namespace {

struct SubnetUsage {
  std::string id;
  std::string name;
  int64_t ip_version = 4;
  std::string cidr;
  double total = 0;  // IPv6 pools exceed 64 bits
  int64_t used = 0;
};

struct NetworkUsage {
  std::string id;
  std::string name;
  std::string project_id;
  std::vector<SubnetUsage> subnets;
};

double size_of(const std::string& pools) {
  double total = 0;
  for (const auto& range : store::parse_pools(pools))
    total += static_cast<double>(range.last.number - range.first.number) + 1;
  return total;
}

std::vector<NetworkUsage> read_usage(Plugin& plugin, const std::string& network_id) {
  return plugin.core.read([&](platform::Session& session) {
    std::map<std::string, int64_t> used;
    session.query(
        "SELECT subnet_id, COUNT(*) FROM ip_allocations GROUP BY subnet_id", {},
        [&](const platform::SqlRow& row) { used[std::string(row.text(0))] = row.integer(1); });
    std::vector<NetworkUsage> usage;
    const auto networks =
        network_id.empty()
            ? platform::select<store::NetworkRow>(session, "ORDER BY id")
            : platform::select<store::NetworkRow>(session, "WHERE id=?", {network_id});
    for (const auto& network : networks) {
      usage.push_back({network.id, network.name, network.project_id, {}});
      for (const auto& subnet : store::list_subnets_of_network(session, network.id))
        usage.back().subnets.push_back({subnet.id, subnet.name, subnet.ip_version, subnet.cidr,
                                        size_of(subnet.allocation_pools), used[subnet.id]});
    }
    return usage;
  });
}

void write_total(base::JsonWriter& writer, std::string_view name, double total) {
  writer.key(name);
  writer.raw(fmt::format("{:.0f}", total));
}

void write(base::JsonWriter& writer, const NetworkUsage& network) {
  double total = 0;
  int64_t used = 0;
  for (const auto& subnet : network.subnets) {
    total += subnet.total;
    used += subnet.used;
  }
  writer.begin_object();
  writer.field("network_id", network.id);
  writer.field("network_name", network.name);
  writer.field("tenant_id", network.project_id);
  writer.field("project_id", network.project_id);
  write_total(writer, "total_ips", total);
  writer.field("used_ips", used);
  writer.key("subnet_ip_availability");
  writer.begin_array();
  for (const auto& subnet : network.subnets) {
    writer.begin_object();
    writer.field("subnet_id", subnet.id);
    writer.field("subnet_name", subnet.name);
    writer.field("ip_version", subnet.ip_version);
    writer.field("cidr", subnet.cidr);
    write_total(writer, "total_ips", subnet.total);
    writer.field("used_ips", subnet.used);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
}

Response list_availability(Plugin& plugin, ApiRequest& request) {
  const std::string wanted_id(request.query.get("network_id").value_or(""));
  const auto wanted_name = request.query.get("network_name");
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("network_ip_availabilities");
  writer.begin_array();
  for (const NetworkUsage& network : read_usage(plugin, wanted_id))
    if (!wanted_name || network.name == *wanted_name) write(writer, network);
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response show_availability(Plugin& plugin, ApiRequest& request) {
  const auto usage = read_usage(plugin, request.parameter("id"));
  if (usage.empty()) throw app::network_not_found(request.parameter("id"));
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("network_ip_availability");
  write(writer, usage.front());
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

}  // namespace

void add_availability(openstack::Routes& routes, Plugin& plugin) {
  routes.push_back({"GET", "/network-ip-availabilities", "get_network_ip_availability",
                    [&plugin](ApiRequest& request) { return list_availability(plugin, request); }});
  routes.push_back({"GET", "/network-ip-availabilities/{id}", "get_network_ip_availability",
                    [&plugin](ApiRequest& request) { return show_availability(plugin, request); }});
}

}  // namespace neutron::api
