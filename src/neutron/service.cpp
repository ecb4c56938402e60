#include "neutron/service.hpp"

#include <fmt/format.h>

#include "neutron/api/resources.hpp"
#include "neutron/app/host_networks.hpp"
#include "neutron/messages.hpp"
#include "openstack/clients/nova.hpp"
#include "platform/log.hpp"

namespace neutron {
namespace {

openstack::clients::ServiceCredentials nova_credentials(const platform::Config& config) {
  openstack::clients::ServiceCredentials credentials;
  credentials.auth_url = config.text("nova", "auth_url");
  credentials.username = config.text("nova", "username");
  credentials.password = config.text("nova", "password");
  credentials.project_name = config.text("nova", "project_name");
  return credentials;
}

// Whoever has a living DHCP agent is told the ports of whole networks.
void check_agent_type(const platform::Sender& sender, const ReportAgentState& state) {
  if (sender.of != platform::Sender::Class::compute || state.agent_type == kLinuxBridgeAgentType)
    return;
  platform::log_warning("agent refused: not of a compute host agent_type={} sender={}",
                        state.agent_type, sender.user);
  platform::refuse_sender(
      fmt::format("A {} belongs on a network host: sign in to the message queue as network-{}, not "
                  "as {} (transport_url in neutron.conf).",
                  state.agent_type, sender.host, sender.user));
}

class NeutronServer final : public openstack::Role {
 public:
  explicit NeutronServer(openstack::RoleEnvironment environment)
      : core_(environment.runtime, *environment.database, environment.bus,
              app::read_settings(environment.config)),
        plugin_(core_),
        session_(environment.transport, nova_credentials(environment.config), environment.runtime),
        nova_(session_, environment.config.text("nova", "endpoint_override")),
        api_(api::make_definition(plugin_, environment.config.text("nova", "auth_url")),
             environment.runtime, *environment.tokens) {
    platform::SubscribeOptions options;
    options.role = "neutron-server";
    agents_ = environment.bus.subscribe(std::string(kPluginTopic), agent_calls(), options);
    options.concurrency = 2;
    notifications_ =
        environment.bus.subscribe(std::string(kNotifierTopic), notifications(), options);
  }

  [[nodiscard]] openstack::Api* api() override { return &api_; }

 private:
  using Message = platform::Message;

  platform::Dispatcher agent_calls() {
    platform::Dispatcher dispatcher;
    dispatcher
        .on<ReportAgentState>([this](const Message& message, const ReportAgentState& state) {
          check_agent_type(message.sender, state);
          return plugin_.agents.report(state);
        })
        .on<GetHostNetworks>([this](const Message&, const GetHostNetworks& query) {
          return core_.read(
              [&](platform::Session& session) { return app::describe_host(session, query.host); });
        })
        .on<PortsUp>([this](const Message&, const PortsUp& ports) {
          plugin_.ports.set_status(ports.host, ports.port_ids, store::kStatusActive);
          return platform::Nothing{};
        })
        .on<PortsDown>([this](const Message&, const PortsDown& ports) {
          plugin_.ports.set_status(ports.host, ports.port_ids, store::kStatusDown);
          return platform::Nothing{};
        })
        .on<GetDhcpNetworks>([this](const Message&, const GetDhcpNetworks& query) {
          return plugin_.dhcp.get_networks(query.host);
        })
        .on<GetMetadataPort>([this](const Message&, const GetMetadataPort& query) {
          return plugin_.dhcp.get_metadata_port(query);
        });
    return dispatcher;
  }

  // An error travels back to the bus, which delivers the message again.
  platform::Dispatcher notifications() {
    platform::Dispatcher dispatcher;
    dispatcher.on<NotifyNova>([this](const Message& message, const NotifyNova& news) {
      nova_.send_events({{news.event, news.server_id, news.port_id, "completed"}},
                        message.request_id);
    });
    return dispatcher;
  }

  app::Core core_;
  api::Plugin plugin_;
  openstack::clients::ServiceSession session_;
  openstack::clients::Nova nova_;
  openstack::Api api_;
  std::unique_ptr<platform::Subscription> agents_;
  std::unique_ptr<platform::Subscription> notifications_;
};

}  // namespace

std::span<const platform::Option> options() { return app::server_options(); }

std::unique_ptr<openstack::Role> make_neutron_server(openstack::RoleEnvironment environment) {
  return std::make_unique<NeutronServer>(environment);
}

}  // namespace neutron
