// What every part of the plugin works with: the database, the settings, the type drivers, and the
// news that follow from a change.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "neutron/app/agent_news.hpp"
#include "neutron/app/attributes.hpp"
#include "neutron/app/errors.hpp"
#include "neutron/app/settings.hpp"
#include "neutron/app/type_drivers/type_driver.hpp"
#include "neutron/messages.hpp"
#include "openstack/context.hpp"
#include "platform/bus/bus.hpp"
#include "platform/database/database.hpp"
#include "platform/database/outbox.hpp"
#include "platform/runtime.hpp"

namespace neutron::app {

// If-Match: the revision that the caller has seen, or none.
using Precondition = std::optional<int64_t>;
// Throws Error(precondition_failed) if the resource has another revision.
void check_revision(const Precondition& expected, int64_t revision);

// What a transaction changed that others want to hear of once it is durable.
class Changes {
 public:
  void network(const std::string& id) { ids_.networks.insert(id); }
  void port(const std::string& id) { ids_.ports.insert(id); }
  void groups(const std::vector<std::string>& ids) { ids_.groups.insert(ids.begin(), ids.end()); }

 private:
  friend class Core;
  ChangedIds ids_;
};

class Core {
 public:
  // All references outlive it.
  Core(platform::Runtime runtime, platform::Database& database, platform::Bus& bus,
       Settings settings);

  // Reads without a transaction that could wait.
  template <class F>
  auto read(F&& work) {
    return database_.read(std::forward<F>(work));
  }
  // `work` is (Session&, Changes&); what it noted is sent out after the commit.
  template <class F>
  auto write(const char* name, F&& work) {
    using Result = std::invoke_result_t<F, platform::Session&, Changes&>;
    Changes changes;
    const auto run = [&](platform::Session& session) -> Result {
      changes = {};
      return work(session, changes);
    };
    if constexpr (std::is_void_v<Result>) {
      database_.write(name, run);
      publish(changes);
    } else {
      Result result = database_.write(name, run);
      publish(changes);
      return result;
    }
  }

  // Writes a message for Nova into the outbox, within the transaction.
  void notify_nova(platform::Session& session, const std::string& event,
                   const std::string& server_id, const std::string& port_id);

  [[nodiscard]] base::TimePoint now() const { return runtime_.clock.now(); }
  [[nodiscard]] std::string new_id() const { return runtime_.random.uuid(); }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const TypeDrivers& type_drivers() const { return type_drivers_; }
  [[nodiscard]] const platform::Runtime& runtime() const { return runtime_; }
  [[nodiscard]] bool is_alive(base::TimePoint heartbeat) const {
    return now() - heartbeat <= settings_.agent_down_time;
  }

 private:
  void publish(const Changes& changes) {
    if (!changes.ids_.empty()) agent_news_.tell(changes.ids_);
  }

  platform::Runtime runtime_;
  platform::Database& database_;
  Settings settings_;
  TypeDrivers type_drivers_;
  AgentNews agent_news_;
  platform::OutboxRelay relay_;
};

}  // namespace neutron::app
