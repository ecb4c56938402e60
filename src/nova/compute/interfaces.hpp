// The network interfaces of guests on this host, each owned by a server.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nova::compute {

// Thread-safe. Every call may be repeated; all throw base::Error.
class Interfaces {
 public:
  virtual ~Interfaces() = default;
  // The port's interface exists and belongs to the server. Its name.
  virtual std::string ensure(const std::string& port_id, const std::string& server_id) = 0;
  // None of the server's interfaces is left.
  virtual void remove_all(const std::string& server_id) = 0;
  // Servers that own an interface here.
  [[nodiscard]] virtual std::vector<std::string> list_servers() = 0;
};

// Tap devices; server and owner (platform::owner_of_directory) stand in the device's alias, so that
// the kernel itself knows them. Taps of other owners are never touched.
[[nodiscard]] std::unique_ptr<Interfaces> make_tap_interfaces(std::string owner);

// What a fake host remembers: interface -> server. For tests, simulation and the fake hypervisor.
struct FakeInterfaceTable {
  std::mutex mutex;
  std::map<std::string, std::string> owners;
};
[[nodiscard]] std::unique_ptr<Interfaces> make_fake_interfaces(
    std::shared_ptr<FakeInterfaceTable> table, std::function<void(const char*)> point = nullptr);

}  // namespace nova::compute
