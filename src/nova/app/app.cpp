#include "nova/app/app.hpp"

#include "nova/store/hosts.hpp"

namespace nova::app {
App::App(openstack::RoleEnvironment environment)
    : runtime(environment.runtime),
      database(*environment.database),
      bus(environment.bus),
      transport(environment.transport),
      settings(read_settings(environment.config)),
      session(environment.transport, settings.credentials, environment.runtime),
      neutron(session, settings.neutron_url),
      glance(session, settings.glance_url),
      cinder(session, transport, settings.cinder_url),
      outbox(openstack::shared_relay(environment)) {}

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
