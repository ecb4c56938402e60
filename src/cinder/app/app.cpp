#include "cinder/app/app.hpp"

#include "cinder/store/services.hpp"

namespace cinder::app {

App::App(const openstack::RoleEnvironment& environment)
    : runtime(environment.runtime),
      database(*environment.database),
      bus(environment.bus),
      settings(read_settings(environment.config)),
      session(environment.transport, settings.credentials, environment.runtime),
      glance(session, settings.glance_url),
      nova(session, settings.nova_url),
      outbox(openstack::shared_relay(environment)) {}

std::unique_ptr<platform::Periodic> start_heartbeat(App& app, std::string binary_name) {
  return std::make_unique<platform::Periodic>(
      app.runtime.executor, "heartbeat", app.settings.report_interval,
      [&app, binary_name = std::move(binary_name)] {
        const store::Heartbeat heartbeat{app.uuid(), app.runtime.host, binary_name,
                                         app.settings.zone};
        const base::TimePoint now = app.now();
        app.database.write(
            "heartbeat", [&](platform::Session& session) { store::beat(session, heartbeat, now); });
      });
}

}  // namespace cinder::app
