// A host's Linux bridge driver as its agent uses it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "guest.hpp"
#include "neutron/drivers/l2_provider.hpp"

namespace tests {

// Ids of networks: interfaces are named after their first eleven characters.
inline constexpr const char* kNetwork = "aaaaaaaa-0000-4000-8000-000000000001";
inline constexpr const char* kOtherNetwork = "bbbbbbbb-0000-4000-8000-000000000002";

class Bridges {
 public:
  // `host`: the namespace in which it works, "": this one.
  explicit Bridges(neutron::drivers::LinuxBridgeOptions options, std::string host = "");
  ~Bridges();  // takes down what it made
  Bridges(const Bridges&) = delete;
  Bridges& operator=(const Bridges&) = delete;
  // Ids of the ports that are wired.
  std::set<std::string> apply(const std::vector<neutron::HostNetwork>& networks);
  [[nodiscard]] std::vector<std::string> problems() { return provider_->problems(); }

 private:
  std::string host_;
  std::unique_ptr<neutron::drivers::L2Provider> provider_;
};

// A local network with the ports of these guests.
neutron::HostNetwork network_of(const std::string& id, const std::vector<const Guest*>& guests);

neutron::PortRule allow_tcp(uint16_t port, std::vector<std::string> remotes = {});
neutron::PortRule allow_icmp();

// Of a device of this host; "" if it is not there.
std::string alias_of(const std::string& device);
bool device_exists(const std::string& device);

}  // namespace tests
