#include "neutron/app/binding.hpp"

#include "platform/log.hpp"

namespace neutron::app {
namespace {

bool has_mapping(const base::Json& configurations, std::string_view kind,
                 const std::string& physical_network) {
  const base::Json* mappings = base::find(configurations, kind);
  return mappings && base::find(*mappings, physical_network);
}

bool has_tunnel_type(const base::Json& configurations, std::string_view type) {
  const base::Json* types = base::find(configurations, "tunnel_types");
  if (!types || !types->is_array()) return false;
  for (const base::Json& item : types->get_array())
    if (item.is_string() && item.get_string() == type) return true;
  return false;
}

bool can_serve(const store::L2Agent& agent, const store::SegmentRow& segment) {
  const base::Json configurations = base::parse_json(agent.configurations);
  if (segment.network_type == "local") return true;
  if (segment.network_type == "vxlan") return has_tunnel_type(configurations, "vxlan");
  return has_mapping(configurations, "interface_mappings", segment.physical_network) ||
         has_mapping(configurations, "bridge_mappings", segment.physical_network);
}

// Why the port can not be bound; empty if it can.
std::string obstacle(Core& core, const store::PortPremises& premises, const store::PortRow& port) {
  if (port.vnic_type != "normal") return "vnic_type " + port.vnic_type + " is not supported";
  const auto& agent = premises.agent;
  if (!agent) return "no L2 agent has reported from the host";
  if (!core.is_alive(agent->heartbeat_timestamp)) return "the host's L2 agent is dead";
  if (!agent->admin_state_up) return "the host's L2 agent is disabled";
  if (!can_serve(*agent, premises.segment))
    return "the host's L2 agent can not serve the network's segment";
  return {};
}

}  // namespace

std::optional<store::PortPremises> find_premises(platform::Session& session,
                                                 const store::PortRow& port) {
  return store::find_port_premises(session, port, kLinuxBridgeAgentType);
}

bool can_bind(Core& core, const store::PortPremises& premises, const store::PortRow& port) {
  return !port.host.empty() && obstacle(core, premises, port).empty();
}

void bind_port(Core& core, const store::PortPremises& premises, store::PortRow& port) {
  port.vif_details = "{}";
  port.status = store::kStatusDown;
  if (port.host.empty()) {
    port.vif_type = "unbound";
    return;
  }
  const std::string why = obstacle(core, premises, port);
  if (!why.empty()) {
    platform::log_warning("port can not be bound port={} host={} reason=\"{}\"", port.id, port.host,
                          why);
    port.vif_type = "binding_failed";
    return;
  }
  port.vif_type = "bridge";
  port.vif_details =
      R"({"port_filter":true,"connectivity":"l2","bound_drivers":{"0":"linuxbridge"}})";
}

}  // namespace neutron::app
