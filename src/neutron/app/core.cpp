#include "neutron/app/core.hpp"

#include "platform/current_request.hpp"
#include "platform/log.hpp"

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
      bus_(bus),
      settings_(std::move(settings)),
      type_drivers_(make_type_drivers(settings_.type_drivers, runtime.random)),
      relay_(runtime, database, bus) {}

void Core::notify_nova(platform::Session& session, const std::string& event,
                       const std::string& server_id, const std::string& port_id) {
  const NotifyNova body{event, server_id, port_id};
  platform::enqueue(session, std::string(kNotifierTopic),
                    platform::make_message(runtime_.random.uuid(),
                                           platform::current_request().request_id, nullptr, body),
                    now());
}

void Core::publish(const Changes& changes) {
  if (!changes.networks_.empty() || !changes.ports_.empty() || !changes.groups_.empty())
    wake_agents(changes);
}

// Agents look again by themselves: a notification that can not be sent is no failure of the request
// whose change is already durable.
void Core::wake_agents(const Changes& changes) {
  const auto list = [](const std::set<std::string>& ids) {
    return std::vector<std::string>(ids.begin(), ids.end());
  };
  const ResourcesChanged news{list(changes.networks_), list(changes.ports_), list(changes.groups_)};
  try {
    bus_.fanout(std::string(kAgentNotifierTopic),
                platform::make_message(runtime_.random.uuid(),
                                       platform::current_request().request_id, nullptr, news));
  } catch (const base::Error& e) {
    platform::log_warning("agents could not be notified error=\"{}\"", e.what());
  }
}

}  // namespace neutron::app
