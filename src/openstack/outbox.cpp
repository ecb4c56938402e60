#include "openstack/outbox.hpp"

#include <map>
#include <mutex>

namespace openstack {

// Several roles of one process share the database and the bus: one relay publishes for all, else
// each message would go out once per role.
std::shared_ptr<platform::OutboxRelay> shared_relay(const RoleEnvironment& environment) {
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

}  // namespace openstack
