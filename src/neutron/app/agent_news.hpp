// Tells the agents that it is worth to look: by fanout, and what changes in quick succession in
// one.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "platform/bus/bus.hpp"
#include "platform/runtime.hpp"

namespace neutron::app {

// Ids of what changed, for those who want to hear of it.
struct ChangedIds {
  std::set<std::string> networks;
  std::set<std::string> ports;
  std::set<std::string> groups;

  [[nodiscard]] bool empty() const { return networks.empty() && ports.empty() && groups.empty(); }
  void merge(const ChangedIds& more);
};

// A change that comes alone is sent at once; those of the next 50 ms go together. What is not sent
// when it ends is not missed: agents look by themselves, too. Thread-safe.
class AgentNews {
 public:
  // `bus` outlives it.
  AgentNews(platform::Runtime runtime, platform::Bus& bus);
  // Never blocks and never throws for want of a broker.
  void tell(const ChangedIds& changed);

 private:
  struct Pending {
    ChangedIds changed;
    std::string request_id;  // of the first of them
  };
  void send();
  Pending take();

  platform::Runtime runtime_;
  platform::Bus& bus_;
  std::mutex mutex_;
  Pending pending_;
  std::unique_ptr<platform::Periodic> sending_;
};

}  // namespace neutron::app
