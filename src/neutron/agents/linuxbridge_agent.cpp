#include <algorithm>
#include <atomic>

#include "neutron/agents/linuxbridge_options.hpp"
#include "neutron/agents/plugin.hpp"
#include "neutron/agents/service.hpp"
#include "neutron/drivers/l2_provider.hpp"

namespace neutron::agents {
namespace {

AgentDescription describe(const platform::Config& config) {
  base::JsonObject devices;
  for (const auto& [network, device] : linuxbridge_options(config).interface_mappings)
    devices[network] = device;
  base::JsonObject configurations{
      {"tunnel_types", base::JsonArray{"vxlan"}},
      {"tunneling_ip", config.text("vxlan", "local_ip")},
      {"interface_mappings", devices},
      {"bridge_mappings", base::JsonObject{}},
      {"l2_population", true},
  };
  return {"neutron-linuxbridge-agent", std::string(kLinuxBridgeAgentType), configurations};
}

class LinuxBridgeAgent final : public openstack::Role {
 public:
  LinuxBridgeAgent(openstack::RoleEnvironment environment,
                   std::unique_ptr<drivers::L2Provider> provider)
      : host_(environment.runtime.host),
        plugin_(environment.bus, environment.runtime),
        provider_(std::move(provider)),
        loop_(environment, describe(environment.config), [this] { return look(); }),
        watching_(environment.runtime.executor.start("link watch", [this] { watch(); })) {}

  ~LinuxBridgeAgent() override { ending_ = true; }

 private:
  std::vector<std::string> look() {
    const std::vector<HostNetwork> networks = plugin_.call(GetHostNetworks{host_}).networks;
    const std::set<std::string> wired = provider_->apply(networks);
    PortsUp up{host_, {}};
    PortsDown down{host_, {}};
    for (const HostNetwork& network : networks)
      for (const HostPort& port : network.ports) {
        const bool is_up = wired.contains(port.id);
        if (is_up && port.status != "ACTIVE") up.port_ids.push_back(port.id);
        if (!is_up && port.status == "ACTIVE") down.port_ids.push_back(port.id);
      }
    if (!up.port_ids.empty()) static_cast<void>(plugin_.call(up));
    if (!down.port_ids.empty()) static_cast<void>(plugin_.call(down));
    return provider_->problems();
  }

  void watch() {
    while (!ending_)
      if (provider_->wait_for_change(std::chrono::milliseconds{500})) loop_.wake();
  }

  std::string host_;
  Plugin plugin_;
  std::unique_ptr<drivers::L2Provider> provider_;
  std::atomic<bool> ending_ = false;
  AgentLoop loop_;
  std::unique_ptr<platform::Task> watching_;
};

}  // namespace

std::unique_ptr<openstack::Role> make_linuxbridge_agent(openstack::RoleEnvironment environment) {
  return make_l2_agent(environment,
                       drivers::make_linuxbridge_provider(linuxbridge_options(environment.config)));
}

std::unique_ptr<openstack::Role> make_l2_agent(openstack::RoleEnvironment environment,
                                               std::unique_ptr<drivers::L2Provider> provider) {
  return std::make_unique<LinuxBridgeAgent>(environment, std::move(provider));
}

}  // namespace neutron::agents
