#include "nephele/defects.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "base/error.hpp"
#include "cinder/overview.hpp"
#include "nephele/cloud.hpp"
#include "nephele/host_defects.hpp"
#include "nephele/port_defects.hpp"
#include "nephele/volume_defects.hpp"
#include "neutron/agent_states.hpp"
#include "nova/leftovers.hpp"
#include "nova/overview.hpp"
#include "platform/bus/rabbitmq.hpp"
#include "platform/bus/rabbitmq_queues.hpp"
#include "platform/clock.hpp"

namespace nephele {
namespace {

using platform::Finding;
using platform::Severity;
using SharedDatabase = std::shared_ptr<platform::Database>;

void add_claims(const SharedDatabase& nova, std::vector<Defect>& defects) {
  for (const auto& claim : nova::find_ownerless_claims(*nova))
    defects.push_back({{Severity::problem, "claim " + claim.server_id,
                        fmt::format("takes room on {} for a server that is not there", claim.host),
                        "nephele doctor --repair gives it back"},
                       [nova, claim]() -> std::string {
                         return nova::release_ownerless_claim(*nova, claim.server_id)
                                    ? fmt::format("gave back the claim on {}", claim.host)
                                    : "it has found its server meanwhile: left as it is";
                       }});
}

void add_states(const std::vector<openstack::RoleState>& states, std::vector<Defect>& defects) {
  const base::TimePoint now = platform::system_clock().now();
  for (const openstack::RoleState& state : states) {
    if (state.up) continue;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - state.reported);
    defects.push_back({{Severity::problem, state.role,
                        fmt::format("on {} has not reported for {} s", state.host, age.count()),
                        "start it there, or take it out of the cloud (openstack compute service "
                        "delete, openstack network agent delete)"},
                       nullptr});
  }
}

// `reaper`: the role that looks after them.
template <class Overview>
void add_overdue(const Overview& overview, const char* reaper, std::vector<Defect>& defects) {
  if (overview.overdue == 0) return;
  defects.push_back(
      {{Severity::warning, "operations",
        fmt::format("{} of {} are past their deadline", overview.overdue, overview.operations),
        fmt::format("{} gives them to their owner again and then ends them; see that it runs",
                    reaper)},
       nullptr});
}

void examine_nova(const CommandLine& line, std::vector<Defect>& defects) {
  const ServiceEntry& service = get_service("nova");
  platform::Config config = load_config(line, service);
  const SharedDatabase nova = find_database(line, service, config);
  if (!nova) return;
  const auto overview = nova::read_overview(*nova, config, platform::system_clock().now());
  add_states(overview.roles, defects);
  add_overdue(overview, "nova-conductor", defects);
  add_claims(nova, defects);
}

void examine_cinder(const CommandLine& line, std::vector<Defect>& defects) {
  const ServiceEntry& service = get_service("cinder");
  platform::Config config = load_config(line, service);
  const SharedDatabase cinder = find_database(line, service, config);
  if (!cinder) return;
  const auto overview = cinder::read_overview(*cinder, config, platform::system_clock().now());
  add_states(overview.roles, defects);
  add_overdue(overview, "cinder-scheduler", defects);
}

void examine_neutron(const CommandLine& line, std::vector<Defect>& defects) {
  const ServiceEntry& service = get_service("neutron");
  platform::Config config = load_config(line, service);
  if (const SharedDatabase neutron = find_database(line, service, config))
    add_states(neutron::list_agent_states(*neutron, config, platform::system_clock().now()),
               defects);
}

void examine_queues(const CommandLine& line, std::vector<Defect>& defects) {
  for (const ServiceEntry& service : services()) {
    if (!service.has_bus) continue;
    platform::Config config = load_config(line, service);
    // The broker shows them to the control plane only, which is where the database is.
    if (!platform::has_broker(config) || !find_database(line, service, config)) continue;
    platform::rabbitmq::Queues queues(platform::rabbitmq_options(config, service.name));
    const size_t dead = queues.list_dead_letters().size();
    if (dead == 0) continue;
    defects.push_back({{Severity::problem, fmt::format("queues of {}", service.name),
                        fmt::format("{} messages were given up", dead),
                        "nephele queue list says why; nephele queue requeue sends them again"},
                       nullptr});
  }
}

}  // namespace

std::shared_ptr<platform::Database> find_database(const CommandLine& line,
                                                  const ServiceEntry& service,
                                                  platform::Config& config) {
  const StateDirectory directory{line.state_dir};
  if (is_embedded(config) &&
      !std::filesystem::exists(directory.database(std::string(service.name))))
    return nullptr;
  config.set("database", "pool_timeout", "3");
  return open_database(line, service, config);
}

std::shared_ptr<platform::Database> find_database_of(const CommandLine& line,
                                                     std::string_view name) {
  const ServiceEntry& service = get_service(name);
  platform::Config config = load_config(line, service);
  return find_database(line, service, config);
}

std::vector<Defect> find_defects(const CommandLine& line) {
  std::vector<Defect> defects;
  if (!std::filesystem::exists(line.state_dir)) return defects;
  const auto examine_part = [&](const char* subject, auto part) {
    try {
      part(line, defects);
    } catch (const base::Error& error) {
      defects.push_back({{Severity::problem, subject, error.what(),
                          "mend that first: what depends on it was not compared"},
                         nullptr});
    }
  };
  examine_part("nova", examine_nova);
  examine_part("guests", compare_guests);
  examine_part("neutron", examine_neutron);
  examine_part("networks", compare_networks);
  examine_part("ports", compare_ports);
  examine_part("cinder", examine_cinder);
  examine_part("volumes", compare_volumes);
  examine_part("message queue", examine_queues);
  return defects;
}

}  // namespace nephele
