#include "nova/app/app.hpp"

#include <map>
#include <mutex>

#include "nova/store/hosts.hpp"

namespace nova::app {
namespace {

// Several roles of one process share the database and the bus: one relay publishes for all, else
// each message would go out once per role.
std::shared_ptr<platform::OutboxRelay> shared_relay(const openstack::RoleEnvironment& environment) {
  using Key = std::pair<platform::Database*, platform::Bus*>;
  static std::mutex mutex;
  static std::map<Key, std::weak_ptr<platform::OutboxRelay>> relays;
  const Key key{environment.database, &environment.bus};
  const auto find = [&] {
    const std::lock_guard lock(mutex);
    return relays[key].lock();
  };
  if (auto known = find()) return known;
  // Made outside the lock, since it starts a task; who comes second drops his own.
  auto relay = std::make_shared<platform::OutboxRelay>(environment.runtime, *environment.database,
                                                       environment.bus);
  const std::lock_guard lock(mutex);
  std::erase_if(relays,
                [&](const auto& entry) { return entry.first != key && entry.second.expired(); });
  if (auto known = relays[key].lock()) return known;
  relays[key] = relay;
  return relay;
}

}  // namespace

Origin origin_of(const openstack::Context& context) {
  return {context.request_id, openstack::to_json(context)};
}

Origin origin_of(const platform::Message& message) { return {message.request_id, message.context}; }

App::App(openstack::RoleEnvironment environment)
    : runtime(environment.runtime),
      database(*environment.database),
      bus(environment.bus),
      transport(environment.transport),
      settings(read_settings(environment.config)),
      session(environment.transport, settings.credentials, environment.runtime),
      neutron(session, settings.neutron_url),
      glance(session, settings.glance_url),
      outbox(shared_relay(environment)) {}

std::unique_ptr<platform::Periodic> start_heartbeat(App& app, std::string binary_name) {
  return std::make_unique<platform::Periodic>(
      app.runtime.executor, "heartbeat", app.settings.report_interval,
      [&app, binary_name = std::move(binary_name)] {
        const store::Heartbeat heartbeat{app.uuid(), app.runtime.host, binary_name};
        const base::TimePoint now = app.now();
        app.database.write(
            "heartbeat", [&](platform::Session& session) { store::beat(session, heartbeat, now); });
      });
}

}  // namespace nova::app
