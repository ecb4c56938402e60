#include "nova/scheduler/scheduler.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "nova/app/lifecycle.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/aggregates.hpp"
#include "nova/store/server_groups.hpp"
#include "platform/log.hpp"

namespace nova::scheduler {
namespace {

using platform::Session;

// Each waits for the disk at the end of its work, and those that wait together share one commit.
constexpr size_t kConcurrency = 16;
// Hosts that others may take from under us before we say that there is none.
constexpr int kMaxLostRaces = 20;

std::vector<std::string> texts(const base::Json& json) {
  std::vector<std::string> items;
  if (json.is_string()) items.emplace_back(json.get_string());
  if (!json.is_array()) return items;
  for (const auto& item : json.get_array())
    if (item.is_string()) items.emplace_back(item.get_string());
  return items;
}

// Hosts of the servers with these ids, in the same project.
std::vector<std::string> hosts_of(Session& session, const std::vector<std::string>& server_ids,
                                  const std::string& project_id) {
  std::vector<std::string> hosts;
  for (const std::string& id : server_ids) {
    const auto row = store::find_instance(session, id);
    if (row && row->project_id == project_id && !row->host.empty()) hosts.push_back(row->host);
  }
  return hosts;
}

void add_group(Session& session, const store::InstanceRow& server, PlacementRequest& request) {
  const auto group = store::find_server_group(session, server.server_group_id);
  if (!group) return;
  request.group_policy = group->policy;
  request.group_limit = base::integer_or(base::parse_json(group->rules), "max_server_per_host", 1);
  for (const auto& member : store::list_group_members(session, group->id))
    if (!member.host.empty() && member.instance_id != server.id)
      request.group_hosts.push_back(member.host);
}

PlacementRequest request_of(Session& session, const store::InstanceRow& server,
                            const store::InstanceSystemRow& system, base::TimePoint alive_after) {
  const base::Json hints = base::parse_json(system.scheduler_hints);
  PlacementRequest request;
  request.vcpus = server.vcpus;
  request.memory_mib = server.memory_mib;
  request.disk_gib = server.disk_gib;
  request.zone = system.requested_zone;
  request.host = system.requested_host;
  request.hypervisor_type =
      base::lower(base::text_or(base::parse_json(system.image_properties), "img_hv_type"));
  request.tried = base::from_json<std::vector<std::string>>(base::parse_json(system.tried_hosts));
  if (const base::Json* same = base::find(hints, "same_host")) {
    request.wants_same_host = true;
    request.same_as = hosts_of(session, texts(*same), server.project_id);
  }
  if (const base::Json* different = base::find(hints, "different_host"))
    request.apart_from = hosts_of(session, texts(*different), server.project_id);
  if (!server.server_group_id.empty()) add_group(session, server, request);
  request.alive_after_us = alive_after.time_since_epoch().count();
  return request;
}

// Whether the group's rule still holds with the server on that host: others of the group may have
// been placed since the view was read.
bool group_allows(Session& session, const store::InstanceRow& server, const std::string& host) {
  if (server.server_group_id.empty()) return true;
  PlacementRequest request;
  add_group(session, server, request);
  const auto members = std::count(request.group_hosts.begin(), request.group_hosts.end(), host);
  if (request.group_policy == "anti-affinity") return members < request.group_limit;
  if (request.group_policy == "affinity") return request.group_hosts.empty() || members > 0;
  return true;
}

// Whether the host still is one for the request, whose view may have been somewhat old.
bool suits(const PlacementRequest& request, const store::Room& room,
           const app::Settings& settings) {
  const std::string& zone = room.zone.empty() ? settings.default_zone : room.zone;
  return room.enabled && (request.zone.empty() || request.zone == zone);
}

bool fits(const store::AllocationRow& claim, const store::Room& room,
          const app::Settings& settings) {
  const store::Capacity capacity = capacity_of(room.resources, settings);
  return room.used.vcpus + claim.vcpus <= capacity.vcpus &&
         room.used.memory_mib + claim.memory_mib <= capacity.memory_mib &&
         room.used.disk_gib + claim.disk_gib <= capacity.disk_gib;
}

}  // namespace

struct Scheduler::Wanted {
  store::InstanceRow server;
  PlacementRequest request;
  bool view_is_new = false;
};

Scheduler::Scheduler(app::App& app)
    : app_(app),
      rules_{make_filters(app.settings.filters), make_weighers(app.settings.weights)},
      hosts_(app.settings, app.runtime.clock) {
  platform::Dispatcher dispatcher;
  dispatcher.on<ScheduleServer>(
      [this](const platform::Message& message, const ScheduleServer& wanted) {
        schedule(app::origin_of(message), wanted);
      });
  subscription_ = app_.bus.subscribe(std::string(kSchedulerTopic), std::move(dispatcher),
                                     {"nova-scheduler", kConcurrency});
}

Scheduler::~Scheduler() = default;

std::optional<Scheduler::Wanted> Scheduler::load(const ScheduleServer& wanted, ViewAge age) {
  const base::TimePoint alive_after = app_.now() - app_.settings.service_down_time;
  return app_.database.read([&](Session& session) -> std::optional<Wanted> {
    auto found = store::find_whole_in_operation(session, wanted.server_id, wanted.operation_id);
    if (!found || !found->server.host.empty() || found->server.task_state != "scheduling")
      return std::nullopt;
    const bool view_is_new = hosts_.refresh(session, age);
    PlacementRequest request = request_of(session, found->server, found->system, alive_after);
    return Wanted{std::move(found->server), std::move(request), view_is_new};
  });
}

void Scheduler::schedule(const app::Origin& origin, const ScheduleServer& wanted) {
  std::vector<std::string> lost;
  ViewAge age = ViewAge::recent;
  for (int races = 0;; ++races) {
    auto server = load(wanted, age);
    if (!server) return;
    server->request.tried.insert(server->request.tried.end(), lost.begin(), lost.end());
    Decision decision = hosts_.take(server->request, rules_, app_.runtime.random);
    decision.lost_to_others = lost;
    if (decision.host.empty() && !server->view_is_new) {
      age = ViewAge::now;
      continue;
    }
    if (decision.host.empty() || races >= kMaxLostRaces) return give_up(origin, *server, decision);
    const Outcome outcome = commit(origin, *server, decision);
    if (outcome == Outcome::placed) return;
    app_.database.read([&](Session& session) { hosts_.reload(session, decision.host); });
    if (outcome == Outcome::not_wanted) return;
    lost.push_back(decision.host);
  }
}

Scheduler::Outcome Scheduler::commit(const app::Origin& origin, const Wanted& wanted,
                                     const Decision& decision) {
  const auto build =
      app_.message(origin, BuildServer{wanted.server.id, wanted.server.operation_id});
  const base::TimePoint now = app_.now();
  const store::InstanceRow& server = wanted.server;
  const store::DecisionRow kept{app_.uuid(),
                                server.id,
                                server.operation_id,
                                decision.host,
                                base::to_text(base::to_json(decision)),
                                now};
  const store::AllocationRow claim{server.id, decision.host, server.vcpus, server.memory_mib,
                                   server.disk_gib};
  return app_.database.write("schedule", [&](Session& session) {
    store::touch_host(session, decision.host);
    const auto room = store::find_room(session, decision.host);
    if (!room || !suits(wanted.request, *room, app_.settings) || !fits(claim, *room, app_.settings))
      return Outcome::lost;
    if (!group_allows(session, server, decision.host)) return Outcome::lost;
    const int64_t placed = session.change(
        "UPDATE instances SET host=?, node=?, availability_zone=?, task_state='spawning', "
        "task_owner=?, task_deadline=?, attempts=1, updated_at=? "
        "WHERE id=? AND operation_id=? AND deleted=0 AND host=''",
        {decision.host, room->hypervisor_hostname,
         room->zone.empty() ? app_.settings.default_zone : room->zone, decision.host,
         now + app::kBuildDeadline, now, server.id, server.operation_id});
    if (placed == 0) return Outcome::not_wanted;
    platform::insert(session, claim);
    store::finish_action(session, server.operation_id, "Success", "", now);
    store::start_event(session, server.operation_id, std::string(app::kBuildEvent), decision.host,
                       now);
    platform::insert(session, kept);
    platform::enqueue(session, compute_topic(decision.host), build, now);
    return Outcome::placed;
  });
}

void Scheduler::give_up(const app::Origin& origin, const Wanted& wanted, const Decision& decision) {
  const base::TimePoint now = app_.now();
  const store::DecisionRow kept{app_.uuid(),
                                wanted.server.id,
                                wanted.server.operation_id,
                                "",
                                base::to_text(base::to_json(decision)),
                                now};
  // A host that could not build it has left its reason.
  const std::string& last = wanted.server.fault_message;
  const std::string fault =
      last.empty() ? "No valid host was found. There are not enough hosts available."
                   : "No valid host was found. Exhausted all hosts available for retrying build "
                     "failures for instance " +
                         wanted.server.id + ". Last error: " + last;
  const auto release = app_.message(origin, app_.database.read([&](Session& session) {
    return app::release_of(session, wanted.server.id, app::End::given_up);
  }));
  platform::log_warning("no valid host server={} hosts={}", wanted.server.id, decision.hosts);
  app_.database.write("schedule.none", [&](Session& session) {
    const auto server =
        store::find_instance_in_operation(session, wanted.server.id, wanted.server.operation_id);
    if (!server || !server->host.empty()) return;
    platform::insert(session, kept);
    app::fail_build(session, *server, fault, now);
    // A host that vanished while it built has left ports; volumes were reserved before.
    if (!wanted.request.tried.empty() || wanted.server.volumes != "[]")
      platform::enqueue(session, std::string(kConductorTopic), release, now);
  });
}

}  // namespace nova::scheduler
