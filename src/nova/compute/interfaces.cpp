#include "nova/compute/interfaces.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "nova/compute/tap.hpp"

namespace nova::compute {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDevices = "/sys/class/net";
constexpr std::string_view kOwner = "nephele server ";

std::string tap_name(const std::string& port_id) { return "tap" + port_id.substr(0, 11); }

// The server that owns a device, or nothing: it is not a guest's.
std::string owner_of(const fs::path& device) {
  std::ifstream file(device / "ifalias");
  std::string alias;
  std::getline(file, alias);
  return alias.starts_with(kOwner) ? alias.substr(kOwner.size()) : std::string();
}

class TapInterfaces final : public Interfaces {
 public:
  std::string ensure(const std::string& port_id, const std::string& server_id) override {
    const std::string name = tap_name(port_id);
    ensure_tap(name);
    std::ofstream alias(fs::path(kDevices) / name / "ifalias");
    alias << kOwner << server_id << std::flush;
    if (!alias)
      throw base::Error(base::ErrorKind::internal, "The host could not mark a network interface.",
                        name);
    return name;
  }

  void remove_all(const std::string& server_id) override {
    for (const auto& device : fs::directory_iterator(kDevices))
      if (owner_of(device.path()) == server_id) remove_tap(device.path().filename().string());
  }

  std::vector<std::string> list_servers() override {
    std::set<std::string> servers;
    for (const auto& device : fs::directory_iterator(kDevices))
      if (std::string owner = owner_of(device.path()); !owner.empty())
        servers.insert(std::move(owner));
    return {servers.begin(), servers.end()};
  }
};

class FakeInterfaces final : public Interfaces {
 public:
  FakeInterfaces(std::shared_ptr<FakeInterfaceTable> table, std::function<void(const char*)> point)
      : table_(std::move(table)), point_(std::move(point)) {}

  std::string ensure(const std::string& port_id, const std::string& server_id) override {
    visit("interfaces.ensure");
    {
      const std::lock_guard lock(table_->mutex);
      table_->owners[tap_name(port_id)] = server_id;
    }
    visit("interfaces.ensure done");
    return tap_name(port_id);
  }

  void remove_all(const std::string& server_id) override {
    visit("interfaces.remove_all");
    {
      const std::lock_guard lock(table_->mutex);
      std::erase_if(table_->owners, [&](const auto& item) { return item.second == server_id; });
    }
    visit("interfaces.remove_all done");
  }

  std::vector<std::string> list_servers() override {
    visit("interfaces.list_servers");
    const std::lock_guard lock(table_->mutex);
    std::set<std::string> servers;
    for (const auto& [name, owner] : table_->owners) servers.insert(owner);
    return {servers.begin(), servers.end()};
  }

 private:
  void visit(const char* where) const {
    if (point_) point_(where);
  }
  std::shared_ptr<FakeInterfaceTable> table_;
  std::function<void(const char*)> point_;
};

}  // namespace

std::unique_ptr<Interfaces> make_tap_interfaces() { return std::make_unique<TapInterfaces>(); }

std::unique_ptr<Interfaces> make_fake_interfaces(std::shared_ptr<FakeInterfaceTable> table,
                                                 std::function<void(const char*)> point) {
  return std::make_unique<FakeInterfaces>(std::move(table), std::move(point));
}

}  // namespace nova::compute
