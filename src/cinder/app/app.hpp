// What the operations of Cinder's roles work with.
#pragma once

#include <memory>
#include <string>

#include "cinder/app/settings.hpp"
#include "cinder/messages.hpp"
#include "openstack/clients/glance.hpp"
#include "openstack/clients/nova.hpp"
#include "openstack/origin.hpp"
#include "openstack/outbox.hpp"

namespace cinder::app {

using openstack::Origin;
using openstack::origin_of;

// One per role, alive as long as it. Thread-safe.
class App {
 public:
  explicit App(const openstack::RoleEnvironment& environment);

  platform::Runtime runtime;
  platform::Database& database;
  platform::Bus& bus;
  Settings settings;
  openstack::clients::ServiceSession session;
  openstack::clients::Glance glance;
  openstack::clients::Nova nova;
  // One per database and process, shared by the roles in it.
  std::shared_ptr<platform::OutboxRelay> outbox;

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

}  // namespace cinder::app
