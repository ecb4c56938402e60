// Extension dhcp_agent_scheduler: which agent serves which network, to see and to change.
#include "neutron/api/resources.hpp"
#include "neutron/api/views.hpp"

namespace neutron::api {
namespace {

Response list_networks(Plugin& plugin, ApiRequest& request) {
  const auto ids = plugin.dhcp.list_networks_of_agent(request.parameter("id"));
  store::SqlFragment where;
  platform::SqlValues values(ids.begin(), ids.end());
  store::add_in(where, "id", std::move(values));
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("networks");
  writer.begin_array();
  for (const auto& network : plugin.networks.list(request.context, {where, {}})) {
    writer.begin_object();
    writer.field("id", network.row.id);
    writer.field("name", network.row.name);
    writer.field("project_id", network.row.project_id);
    writer.field("tenant_id", network.row.project_id);
    writer.field("admin_state_up", network.row.admin_state_up);
    writer.field("status", network.row.status);
    writer.field("subnets", network.subnets);
    writer.field("shared", network.shared);
    writer.field("mtu", network.row.mtu);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response list_dhcp_agents_of(Plugin& plugin, ApiRequest& request) {
  Selection selection(read_fields(request), {});
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("agents");
  writer.begin_array();
  for (const auto& agent : plugin.dhcp.list_agents_of_network(request.parameter("id"))) {
    ObjectView view(writer, selection);
    write_agent(view, agent, plugin.agents.is_alive(agent));
  }
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response add(Plugin& plugin, ApiRequest& request) {
  const std::string network_id = base::text_or(request.body, "network_id");
  if (network_id.empty())
    throw app::bad_request("HTTPBadRequest",
                           "Failed to parse request. Required attribute 'network_id' not "
                           "specified");
  plugin.dhcp.add_network(request.parameter("id"), network_id);
  return openstack::json_response(201, "null");
}

Response remove_dhcp_scheduling(Plugin& plugin, ApiRequest& request) {
  plugin.dhcp.remove_network(request.parameter("id"), request.parameter("network_id"));
  return openstack::empty_response(204);
}

}  // namespace

void add_dhcp_scheduling(openstack::Routes& routes, Plugin& plugin) {
  const auto bound = [&plugin](Response (*handler)(Plugin&, ApiRequest&)) {
    return [&plugin, handler](ApiRequest& request) { return handler(plugin, request); };
  };
  routes.push_back(
      {"GET", "/agents/{id}/dhcp-networks", "get_dhcp-networks", bound(list_networks)});
  routes.push_back({"POST", "/agents/{id}/dhcp-networks", "create_dhcp-network", bound(add)});
  routes.push_back({"DELETE", "/agents/{id}/dhcp-networks/{network_id}", "delete_dhcp-network",
                    bound(remove_dhcp_scheduling)});
  routes.push_back(
      {"GET", "/networks/{id}/dhcp-agents", "get_dhcp-agents", bound(list_dhcp_agents_of)});
}

}  // namespace neutron::api
