#include "agents.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "platform/bus/in_process.hpp"

namespace tests {
namespace {

constexpr const char* kMetadataUrl = "http://nova.test:8775";

std::string make_directory() {
  std::string name = std::filesystem::temp_directory_path() / "nephele-network-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  return name;
}

neutron::DhcpClient client_of(const Guest& guest) {
  neutron::DhcpClient client;
  client.port_id = guest.port.id;
  client.mac_address = guest.port.mac_address;
  client.hostname = "host-" + guest.name();
  client.fixed_ips = {{"subnet", guest.ip()}};
  return client;
}

}  // namespace

Agents::Agents()
    : state_path_(make_directory()),
      config_({neutron::agents::options()}),
      runtime_{platform::system_executor(), platform::system_clock(), platform::system_random(),
               platform::null_tracer(), "host"},
      bus_(platform::make_in_process_bus(runtime_)) {
  config_.set("DEFAULT", "state_path", state_path_);
  config_.set("DEFAULT", "nova_metadata_url", kMetadataUrl);
  config_.set("DEFAULT", "metadata_proxy_shared_secret", "secret");
  transport_.add(kMetadataUrl,
                 [this](platform::http::Request& request) { return answer_metadata(request); });
  subscription_ =
      bus_->subscribe(std::string(neutron::kPluginTopic), plugin(), {"neutron-server", 4});
}

Agents::~Agents() {
  stop();
  neutron::agents::clean_host(config_);
  std::filesystem::remove_all(state_path_);
}

void Agents::add_network(const std::string& id, const std::vector<const Guest*>& guests,
                         const std::vector<const Guest*>& strangers) {
  Network network;
  neutron::HostPort port;
  port.id = "d" + id.substr(1);
  port.device_owner = "network:dhcp";
  port.mac_address = "fa:16:3e:dd:00:" + id.substr(0, 2);
  port.fixed_ips = {{"10.0.0.2", "subnet", "10.0.0.0/24", "10.0.0.1"}};
  network.wiring.id = network.dhcp.id = id;
  network.wiring.segment.network_type = "local";
  for (const Guest* guest : guests) {
    network.wiring.ports.push_back(guest->port);
    network.dhcp.clients.push_back(client_of(*guest));
  }
  for (const Guest* guest : strangers) network.wiring.ports.push_back(guest->port);
  network.wiring.ports.push_back(port);
  network.dhcp.port = port;
  network.dhcp.mtu = network.wiring.mtu = 1450;
  network.dhcp.dns_domain = "openstacklocal";
  neutron::DhcpSubnet subnet;
  subnet.id = "subnet";
  subnet.cidr = "10.0.0.0/24";
  subnet.gateway_ip = "10.0.0.1";
  network.dhcp.subnets = {subnet};
  const std::lock_guard lock(mutex_);
  networks_[id] = network;
}

void Agents::remove_network(const std::string& id) {
  const std::lock_guard lock(mutex_);
  networks_.erase(id);
}

void Agents::start() {
  roles_.push_back(neutron::agents::make_linuxbridge_agent(environment()));
  roles_.push_back(neutron::agents::make_dhcp_agent(environment()));
  roles_.push_back(neutron::agents::make_metadata_agent(environment()));
}

void Agents::stop() {
  while (!roles_.empty()) roles_.pop_back();
}

void Agents::wake() {
  bus_->fanout(std::string(neutron::kAgentNotifierTopic),
               platform::make_message(runtime_.random.uuid(), "req-test", nullptr,
                                      neutron::ResourcesChanged{{"any"}, {}, {}}));
}

std::string Agents::problem_of(const std::string& binary) {
  const std::lock_guard lock(mutex_);
  return problems_[binary];
}

std::vector<platform::http::Request> Agents::metadata_requests() {
  const std::lock_guard lock(mutex_);
  return requests_;
}

platform::Dispatcher Agents::plugin() {
  using platform::Message;
  platform::Dispatcher dispatcher;
  dispatcher
      .on<neutron::ReportAgentState>(
          [this](const Message&, const neutron::ReportAgentState& state) {
            const base::Json* problems = base::find(state.configurations, "problems");
            const std::lock_guard lock(mutex_);
            problems_[state.binary] = problems ? base::to_text(*problems) : std::string();
            return neutron::AgentStanding{};
          })
      .on<neutron::GetHostNetworks>([this](const Message&, const neutron::GetHostNetworks&) {
        const std::lock_guard lock(mutex_);
        neutron::HostNetworks answer;
        for (const auto& [id, network] : networks_) answer.networks.push_back(network.wiring);
        return answer;
      })
      .on<neutron::GetDhcpNetworks>([this](const Message&, const neutron::GetDhcpNetworks&) {
        const std::lock_guard lock(mutex_);
        neutron::DhcpNetworks answer;
        for (const auto& [id, network] : networks_) answer.networks.push_back(network.dhcp);
        return answer;
      })
      .on<neutron::GetMetadataPort>(
          [this](const Message&, const neutron::GetMetadataPort& question) {
            return find_port(question);
          })
      .on<neutron::PortsUp>(
          [](const Message&, const neutron::PortsUp&) { return platform::Nothing{}; })
      .on<neutron::PortsDown>(
          [](const Message&, const neutron::PortsDown&) { return platform::Nothing{}; });
  return dispatcher;
}

neutron::MetadataPort Agents::find_port(const neutron::GetMetadataPort& question) {
  const std::lock_guard lock(mutex_);
  const auto network = networks_.find(question.network_id);
  if (network == networks_.end()) return {};
  for (const neutron::HostPort& port : network->second.wiring.ports)
    for (const neutron::PortAddress& address : port.fixed_ips)
      if (address.ip_address == question.ip_address)
        return {true, port.device_id, "project-of-" + question.network_id};
  return {};
}

// Says whom it takes the asking one for.
platform::http::Response Agents::answer_metadata(const platform::http::Request& request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  platform::http::Response response;
  response.body = request.path + " of " + std::string(request.headers.value("X-Instance-ID"));
  return response;
}

openstack::RoleEnvironment Agents::environment() {
  return {runtime_, *bus_, nullptr, transport_, config_, nullptr};
}

}  // namespace tests
