// neutron-server as an agent sees it, and what all agents do alike: heartbeat, wake-ups, a look on
// a timer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "neutron/messages.hpp"
#include "openstack/role.hpp"

namespace neutron::agents {

// A server that dies while it answers costs an agent this long: as long as it looks by itself.
inline constexpr base::Duration kAnswerLimit = std::chrono::seconds{10};

// Thread-safe.
class Plugin {
 public:
  Plugin(platform::Bus& bus, platform::Runtime runtime) : bus_(bus), runtime_(runtime) {}

  template <class T>
  typename T::Reply call(const T& request) {
    return platform::call<T>(
        bus_, std::string(kPluginTopic),
        platform::make_message(runtime_.random.uuid(), request_id(), nullptr, request),
        kAnswerLimit);
  }

 private:
  std::string request_id() const;
  platform::Bus& bus_;
  platform::Runtime runtime_;
};

struct AgentDescription {
  std::string binary;      // "neutron-dhcp-agent"
  std::string agent_type;  // "DHCP agent"
  base::Json configurations;
  // What it looks at is in the server's database: its changes are worth a look.
  bool hears_server = true;
};

// Calls `look` at start, when the server says that something changed, when woken, and every
// [AGENT] polling_interval seconds; one call at a time. Reports the agent alive, with what it could
// not do as "problems" of its configurations: what `look` returns (a sentence each) or throws.
// Works from construction to destruction.
class AgentLoop {
 public:
  using Look = std::function<std::vector<std::string>()>;
  AgentLoop(openstack::RoleEnvironment environment, AgentDescription description, Look look);
  ~AgentLoop();
  void wake() { looking_->wake(); }

 private:
  void look_and_remember(const Look& look);
  void remember(std::vector<std::string> problems);
  void report();
  openstack::RoleEnvironment environment_;
  AgentDescription description_;
  Plugin plugin_;
  bool reported_ = false;
  std::atomic<int> heard_ = 0;  // of changes, since the last look began
  std::mutex mutex_;
  std::vector<std::string> problems_;
  std::unique_ptr<platform::Periodic> reporting_;
  std::unique_ptr<platform::Periodic> looking_;
  std::unique_ptr<platform::Subscription> subscription_;
};

}  // namespace neutron::agents
