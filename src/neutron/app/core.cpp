#include "neutron/app/core.hpp"

#include "platform/current_request.hpp"

namespace neutron::app {

void check_revision(const Precondition& expected, int64_t revision) {
  if (!expected || *expected == revision) return;
  throw error(base::ErrorKind::precondition_failed, "RevisionNumberConstraintFailed",
              "Constrained to {}, but current revision is {}", *expected, revision);
}

Core::Core(platform::Runtime runtime, platform::Database& database, platform::Bus& bus,
           Settings settings)
    : runtime_(runtime),
      database_(database),
      settings_(std::move(settings)),
      type_drivers_(make_type_drivers(settings_.type_drivers, runtime.random)),
      agent_news_(runtime, bus),
      relay_(runtime, database, bus) {}

void Core::notify_nova(platform::Session& session, const std::string& event,
                       const std::string& server_id, const std::string& port_id) {
  const NotifyNova body{event, server_id, port_id};
  platform::enqueue(session, std::string(kNotifierTopic),
                    platform::make_message(runtime_.random.uuid(),
                                           platform::current_request().request_id, nullptr, body),
                    now());
}

}  // namespace neutron::app
