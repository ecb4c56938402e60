#include "nova/compute/interfaces.hpp"

#include <filesystem>
#include <map>
#include <set>

#include "nova/compute/tap.hpp"

namespace nova::compute {
namespace {

constexpr std::string_view kKind = "server";

std::string tap_name(const std::string& port_id) { return "tap" + port_id.substr(0, 11); }

class TapInterfaces final : public Interfaces {
 public:
  explicit TapInterfaces(std::string owner) : owner_(std::move(owner)) {}

  std::string ensure(const std::string& port_id, const std::string& server_id) override {
    std::string name = tap_name(port_id);
    ensure_tap(name, {std::string(kKind), server_id, owner_});
    return name;
  }

  void remove_all(const std::string& server_id) override {
    for (const auto& [name, server] : owned())
      if (server == server_id) remove_tap(name);
  }

  std::vector<std::string> list_servers() override {
    std::set<std::string> servers;
    for (const auto& [name, server] : owned()) servers.insert(server);
    return {servers.begin(), servers.end()};
  }

 private:
  // Device -> server, of those that are this owner's.
  [[nodiscard]] std::map<std::string, std::string> owned() const {
    std::map<std::string, std::string> servers;
    for (const auto& device : std::filesystem::directory_iterator("/sys/class/net")) {
      const std::string name = device.path().filename();
      const auto mark = mark_of_device(name);
      if (mark && mark->kind == kKind && mark->owner == owner_) servers[name] = mark->id;
    }
    return servers;
  }

  std::string owner_;
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

std::unique_ptr<Interfaces> make_tap_interfaces(std::string owner) {
  return std::make_unique<TapInterfaces>(std::move(owner));
}

std::unique_ptr<Interfaces> make_fake_interfaces(std::shared_ptr<FakeInterfaceTable> table,
                                                 std::function<void(const char*)> point) {
  return std::make_unique<FakeInterfaces>(std::move(table), std::move(point));
}

}  // namespace nova::compute
