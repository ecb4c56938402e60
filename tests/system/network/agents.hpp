// The agents of a host, with a neutron-server and a metadata service that say what a test wants.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "guest.hpp"
#include "neutron/agents/service.hpp"
#include "platform/http/client.hpp"

namespace tests {

class Agents {
 public:
  Agents();
  ~Agents();
  Agents(const Agents&) = delete;
  Agents& operator=(const Agents&) = delete;

  // A network with DHCP and metadata for these guests: 10.0.0.0/24, served at 10.0.0.2. Strangers
  // are on it, but unknown to DHCP.
  void add_network(const std::string& id, const std::vector<const Guest*>& guests,
                   const std::vector<const Guest*>& strangers = {});
  void remove_network(const std::string& id);
  // Starts all three agents; they work until the object ends.
  void start();
  void stop();
  // What neutron-server does when something changed.
  void wake();

  [[nodiscard]] const std::string& state_path() const { return state_path_; }
  [[nodiscard]] const platform::Config& config() const { return config_; }
  // The text that the agent last reported as its problem; "" if there is none.
  [[nodiscard]] std::string problem_of(const std::string& binary);
  // Requests that reached the metadata service, oldest first.
  [[nodiscard]] std::vector<platform::http::Request> metadata_requests();

 private:
  struct Network {
    neutron::HostNetwork wiring;
    neutron::DhcpNetwork dhcp;
  };
  [[nodiscard]] platform::Dispatcher plugin();
  [[nodiscard]] neutron::MetadataPort find_port(const neutron::GetMetadataPort& question);
  platform::http::Response answer_metadata(const platform::http::Request& request);
  [[nodiscard]] openstack::RoleEnvironment environment();

  std::string state_path_;
  platform::Config config_;
  platform::Runtime runtime_;
  std::unique_ptr<platform::Bus> bus_;
  platform::http::LocalTransport transport_;
  std::mutex mutex_;
  std::map<std::string, Network> networks_;
  std::map<std::string, std::string> problems_;
  std::vector<platform::http::Request> requests_;
  std::unique_ptr<platform::Subscription> subscription_;
  std::vector<std::unique_ptr<openstack::Role>> roles_;
};

// Looks until it is so, for as long as an agent may take. False: it never was.
template <class F>
bool becomes_true(F condition) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (condition()) return true;
    platform::system_executor().sleep_for(milliseconds{50});
  }
  return false;
}

}  // namespace tests
