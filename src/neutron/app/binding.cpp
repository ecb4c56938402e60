#include "neutron/app/binding.hpp"

#include "neutron/store/agents.hpp"
#include "neutron/store/networks.hpp"
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

bool can_serve(const store::AgentRow& agent, const store::SegmentRow& segment) {
  const base::Json configurations = base::parse_json(agent.configurations);
  if (segment.network_type == "local") return true;
  if (segment.network_type == "vxlan") return has_tunnel_type(configurations, "vxlan");
  return has_mapping(configurations, "interface_mappings", segment.physical_network) ||
         has_mapping(configurations, "bridge_mappings", segment.physical_network);
}

// Why the port can not be bound; empty if it can.
std::string obstacle(Core& core, platform::Session& session, const store::PortRow& port) {
  if (port.vnic_type != "normal") return "vnic_type " + port.vnic_type + " is not supported";
  const auto agent = store::find_agent(session, kLinuxBridgeAgentType, port.host);
  if (!agent) return "no L2 agent has reported from the host";
  if (!core.is_alive(agent->heartbeat_timestamp)) return "the host's L2 agent is dead";
  if (!agent->admin_state_up) return "the host's L2 agent is disabled";
  const auto segment = store::find_segment(session, port.network_id);
  if (!segment || !can_serve(*agent, *segment))
    return "the host's L2 agent can not serve the network's segment";
  return {};
}

}  // namespace

void bind_port(Core& core, platform::Session& session, store::PortRow& port) {
  port.vif_details = "{}";
  port.status = store::kStatusDown;
  if (port.host.empty()) {
    port.vif_type = "unbound";
    return;
  }
  const std::string why = obstacle(core, session, port);
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
