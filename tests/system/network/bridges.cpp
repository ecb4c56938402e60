#include "bridges.hpp"

#include <filesystem>
#include <fstream>

namespace tests {

Bridges::Bridges(neutron::drivers::LinuxBridgeOptions options, std::string host)
    : host_(std::move(host)) {
  const Inside inside(host_);
  provider_ = neutron::drivers::make_linuxbridge_provider(std::move(options));
}

Bridges::~Bridges() { apply({}); }

std::set<std::string> Bridges::apply(const std::vector<neutron::HostNetwork>& networks) {
  const Inside inside(host_);
  return provider_->apply(networks);
}

neutron::HostNetwork network_of(const std::string& id, const std::vector<const Guest*>& guests) {
  neutron::HostNetwork network;
  network.id = id;
  network.segment = {"local", "", 0};
  for (const Guest* guest : guests) network.ports.push_back(guest->port);
  return network;
}

neutron::PortRule allow_tcp(uint16_t port, std::vector<std::string> remotes) {
  return {"ingress", "IPv4", 6, port, port, std::move(remotes), {}};
}

neutron::PortRule allow_icmp() { return {"ingress", "IPv4", 1, {}, {}, {}, {}}; }

std::string alias_of(const std::string& device) {
  std::ifstream file("/sys/class/net/" + device + "/ifalias");
  std::string alias;
  std::getline(file, alias);
  return alias;
}

bool device_exists(const std::string& device) {
  return std::filesystem::exists("/sys/class/net/" + device);
}

}  // namespace tests
