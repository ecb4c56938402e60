// What the operations of Nova's roles work with.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "nova/app/settings.hpp"
#include "nova/messages.hpp"
#include "nova/store/counters.hpp"
#include "openstack/clients/cinder.hpp"
#include "openstack/clients/glance.hpp"
#include "openstack/clients/neutron.hpp"
#include "openstack/origin.hpp"
#include "openstack/outbox.hpp"

namespace nova::app {

using openstack::Origin;
using openstack::origin_of;

// One per role, alive as long as it. Thread-safe.
class App {
 public:
  explicit App(openstack::RoleEnvironment environment);

  platform::Runtime runtime;
  platform::Database& database;
  platform::Bus& bus;
  platform::http::Transport& transport;
  Settings settings;
  openstack::clients::ServiceSession session;
  openstack::clients::Neutron neutron;
  openstack::clients::Glance glance;
  openstack::clients::Cinder cinder;
  // One per database and process, shared by the roles in it.
  std::shared_ptr<platform::OutboxRelay> outbox;
  store::NumberBlock server_numbers{"instances"};

  [[nodiscard]] base::TimePoint now() const { return runtime.clock.now(); }
  [[nodiscard]] std::string uuid() const { return runtime.random.uuid(); }

  // A message with a fresh id. Made before a transaction, so that a repeated transaction writes
  // the same.
  template <class T>
  [[nodiscard]] platform::Message message(const Origin& origin, const T& body) const {
    return openstack::make_message(runtime, origin, body);
  }
};

// Writes down that this role is alive, every report interval.
[[nodiscard]] std::unique_ptr<platform::Periodic> start_heartbeat(App& app,
                                                                  std::string binary_name);

}  // namespace nova::app
