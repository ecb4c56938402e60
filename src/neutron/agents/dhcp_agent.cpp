#include <filesystem>
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
        directory_(environment.config.text("DEFAULT", "state_path") + "/dhcp"),
        lease_seconds_(environment.config.integer("DEFAULT", "dhcp_lease_duration")),
        plugin_(environment.bus, environment.runtime),
        loop_(environment, describe(), [this] { look(); }) {}

 private:
  static AgentDescription describe() {
    return {"neutron-dhcp-agent", std::string(kDhcpAgentType),
            base::JsonObject{{"dhcp_driver", "dnsmasq"}}};
  }

  void look() {
    std::set<std::string> wanted;
    for (const DhcpNetwork& network : plugin_.call(GetDhcpNetworks{host_}).networks) {
      wanted.insert(network.id);
      serve(network);
    }
    remove_strays(wanted);
  }

  // One network that can not be served must not take the others with it.
  void serve(const DhcpNetwork& network) {
    try {
      ensure_dhcp_namespace(network, directory_ + "/" + network.id, lease_seconds_);
    } catch (const base::Error& error) {
      platform::log_error("network not served network={} error={}", network.id, error.what());
    }
  }

  // Only what this cloud made: its directory is the mark of ownership.
  void remove_strays(const std::set<std::string>& wanted) {
    if (!std::filesystem::exists(directory_)) return;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      const std::string id = entry.path().filename();
      if (!wanted.contains(id)) remove_dhcp_namespace(id, entry.path());
    }
  }

  std::string host_;
  std::string directory_;
  int64_t lease_seconds_;
  Plugin plugin_;
  AgentLoop loop_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_dhcp_agent(openstack::RoleEnvironment environment) {
  return std::make_unique<DhcpAgent>(environment);
}

}  // namespace neutron::agents
