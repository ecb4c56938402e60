#include <fmt/core.h>

#include <set>

#include "neutron/agents/dhcp_namespace.hpp"
#include "neutron/agents/plugin.hpp"
#include "neutron/agents/service.hpp"
#include "platform/log.hpp"

namespace neutron::agents {
namespace {

class DhcpAgent final : public openstack::Role {
 public:
  explicit DhcpAgent(openstack::RoleEnvironment environment)
      : host_(environment.runtime.host),
        place_(dhcp_place(environment.config)),
        plugin_(environment.bus, environment.runtime),
        loop_(environment, describe(), [this] { return look(); }) {}

 private:
  static AgentDescription describe() {
    return {"neutron-dhcp-agent", std::string(kDhcpAgentType),
            base::JsonObject{{"dhcp_driver", "dnsmasq"}}};
  }

  // One network that can not be served must not take the others with it.
  std::vector<std::string> look() {
    std::set<std::string> wanted;
    std::vector<std::string> problems;
    for (const DhcpNetwork& network : plugin_.call(GetDhcpNetworks{host_}).networks) {
      wanted.insert(network.id);
      try {
        ensure_dhcp_namespace(network, place_);
      } catch (const base::Error& error) {
        platform::log_error("network not served network={} error={}", network.id, error.what());
        problems.push_back(fmt::format("Network {}: {}", network.id, error.message()));
      }
    }
    for (const std::string& id : list_dhcp_networks(place_.directory))
      if (!wanted.contains(id)) remove_dhcp_namespace(id, place_);
    return problems;
  }

  std::string host_;
  DhcpPlace place_;
  Plugin plugin_;
  AgentLoop loop_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_dhcp_agent(openstack::RoleEnvironment environment) {
  return std::make_unique<DhcpAgent>(environment);
}

}  // namespace neutron::agents
