#include "cinder/scheduler/scheduler.hpp"

#include "cinder/app/lifecycle.hpp"
#include "cinder/app/user_messages.hpp"
#include "cinder/scheduler/driver_functions.hpp"
#include "cinder/store/group_types.hpp"
#include "cinder/store/groups.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volume_types.hpp"
#include "platform/log.hpp"

namespace cinder::scheduler {
namespace {

using platform::Session;
using store::VolumeRow;

constexpr size_t kConcurrency = 4;
// Pools whose room others may take from under us before we say that there is none.
constexpr int kMaxLostRaces = 20;

template <class T>
T parse(const std::string& json_text) {
  return base::from_json<T>(base::parse_json(json_text));
}

// Back ends of the volumes that a hint names, one or a list, in the same project.
std::vector<std::string> backends_of(Session& session, const base::Json& hint,
                                     const std::string& project_id) {
  base::JsonArray ids;
  if (hint.is_array()) ids = hint.get_array();
  if (hint.is_string()) ids.push_back(hint);
  std::vector<std::string> backends;
  for (const base::Json& id : ids) {
    if (!id.is_string()) continue;
    const auto volume = store::find_volume(session, std::string(id.get_string()));
    if (volume && volume->project_id == project_id && !volume->pool.empty())
      backends.push_back(backend_of(volume->pool));
  }
  return backends;
}

// Where what the volume is made from is; empty: it is made from nothing.
std::string backend_of_source(Session& session, const VolumeRow& volume) {
  if (!volume.snapshot_id.empty()) {
    const auto snapshot = store::find_snapshot(session, volume.snapshot_id);
    return snapshot ? backend_of(snapshot->pool) : "";
  }
  if (volume.source_volume_id.empty()) return "";
  const auto source = store::find_volume(session, volume.source_volume_id);
  return source ? backend_of(source->pool) : "";
}

PlacementRequest request_of(Session& session, const VolumeRow& volume,
                            base::TimePoint alive_after) {
  const base::Json hints = base::parse_json(volume.scheduler_hints);
  PlacementRequest request;
  request.size_gib = volume.claimed_gib;
  request.zone = volume.availability_zone;
  request.tried = parse<std::vector<std::string>>(volume.tried_pools);
  request.backend = backend_of_source(session, volume);
  if (!volume.group_id.empty())
    if (const auto group = store::find_group(session, volume.group_id)) request.pool = group->pool;
  request.alive_after = alive_after;
  const auto type = store::find_volume_type(session, volume.volume_type_id);
  if (type) request.extra_specs = parse<std::map<std::string, std::string>>(type->extra_specs);
  describe_volume(session, volume, type ? &*type : nullptr, request);
  if (const base::Json* same = base::find(hints, "same_host")) {
    request.wants_same_backend = true;
    request.same_as = backends_of(session, *same, volume.project_id);
  }
  if (const base::Json* different = base::find(hints, "different_host"))
    request.apart_from = backends_of(session, *different, volume.project_id);
  return request;
}

PlacementRequest request_of(const store::GroupRow& group, base::TimePoint alive_after) {
  PlacementRequest request;
  request.zone = group.availability_zone;
  request.alive_after = alive_after;
  return request;
}

// What the group's type asks for, and each of its volume types.
std::vector<PlacementRequest> requests_of(Session& session, const store::GroupRow& group,
                                          base::TimePoint alive_after) {
  std::vector<PlacementRequest> requests{request_of(group, alive_after)};
  if (const auto type = store::find_group_type(session, group.group_type_id))
    requests.front().extra_specs = parse<std::map<std::string, std::string>>(type->group_specs);
  for (const std::string& id : store::list_volume_types_of_group(session, group.id)) {
    const auto type = store::find_volume_type(session, id);
    if (!type) continue;
    PlacementRequest& request = requests.emplace_back(request_of(group, alive_after));
    request.extra_specs = parse<std::map<std::string, std::string>>(type->extra_specs);
    VolumeRow volume;
    volume.project_id = group.project_id;
    volume.volume_type_id = id;
    describe_volume(session, volume, &*type, request);
  }
  return requests;
}

std::optional<store::GroupRow> find_waiting_group(Session& session, const ScheduleGroup& wanted) {
  auto group = store::find_group(session, wanted.group_id);
  if (!group || group->operation_id != wanted.operation_id || group->status != "creating" ||
      !group->pool.empty())
    return std::nullopt;
  return group;
}

}  // namespace

Scheduler::Scheduler(app::App& app)
    : app_(app),
      rules_(make_rules(app.settings.filters, app.settings.weighers, app.settings.weights)) {
  platform::Dispatcher dispatcher;
  dispatcher.on<ScheduleVolume>(
      [this](const platform::Message& message, const ScheduleVolume& wanted) {
        schedule(app::origin_of(message), wanted);
      });
  dispatcher.on<ScheduleGroup>(
      [this](const platform::Message&, const ScheduleGroup& wanted) { schedule_group(wanted); });
  subscription_ = app_.bus.subscribe(std::string(kSchedulerTopic), std::move(dispatcher),
                                     {"cinder-scheduler", kConcurrency});
}

std::optional<Scheduler::Wanted> Scheduler::load(const ScheduleVolume& wanted) {
  const base::TimePoint alive_after = app_.now() - app_.settings.service_down_time;
  return app_.database.read([&](Session& session) -> std::optional<Wanted> {
    auto volume = store::find_volume_in_operation(session, wanted.volume_id, wanted.operation_id);
    if (!volume || !volume->pool.empty() || volume->status != "creating") return std::nullopt;
    PlacementRequest request = request_of(session, *volume, alive_after);
    return Wanted{*std::move(volume), std::move(request), store::list_pools(session)};
  });
}

void Scheduler::schedule(const app::Origin& origin, const ScheduleVolume& wanted) {
  std::vector<std::string> lost;
  for (int races = 0;; ++races) {
    auto found = load(wanted);
    if (!found) return;
    found->request.tried.insert(found->request.tried.end(), lost.begin(), lost.end());
    auto decision = place(found->pools, found->request, rules_, app_.runtime.random);
    decision.lost_to_others = lost;
    if (decision.host.empty() || races >= kMaxLostRaces)
      return give_up(origin, found->volume, decision);
    if (commit(origin, found->volume, decision) != Outcome::lost) return;
    lost.push_back(decision.host);
  }
}

store::DecisionRow Scheduler::row_of(const std::string& id, const std::string& operation_id,
                                     const openstack::Decision& decision) const {
  return {app_.uuid(), id, operation_id, decision.host, base::to_text(base::to_json(decision)),
          app_.now()};
}

Scheduler::Outcome Scheduler::commit(const app::Origin& origin, const VolumeRow& volume,
                                     const openstack::Decision& decision) {
  const auto work = app_.message(origin, WorkOnVolume{volume.id, volume.operation_id});
  const store::DecisionRow kept = row_of(volume.id, volume.operation_id, decision);
  const std::string topic = volume_topic(backend_of(decision.host));
  const base::TimePoint now = app_.now();
  return app_.database.write("schedule", [&](Session& session) {
    store::touch_pool(session, decision.host);
    const auto pool = store::find_pool(session, decision.host);
    if (!pool || room_in(*pool) < volume.claimed_gib) return Outcome::lost;
    const int64_t placed = session.change(
        "UPDATE volumes SET pool=?, availability_zone=?, task_owner=?, task_deadline=?, "
        "attempts=1, updated_at=? WHERE id=? AND operation_id=? AND pool=''",
        {decision.host, pool->service.availability_zone, topic, now + app::kWorkDeadline, now,
         volume.id, volume.operation_id});
    if (placed == 0) return Outcome::not_wanted;
    platform::insert(session, kept);
    platform::enqueue(session, topic, work, now);
    return Outcome::placed;
  });
}

void Scheduler::give_up(const app::Origin& origin, const VolumeRow& volume,
                        const openstack::Decision& decision) {
  const auto message = app::message_of(app_, origin, volume, app::UserAction::schedule_volume,
                                       app::UserDetail::no_backend_available);
  const store::DecisionRow kept = row_of(volume.id, volume.operation_id, decision);
  platform::log_warning("no valid backend volume={} pools={}", volume.id, decision.hosts);
  app_.database.write("schedule.none", [&](Session& session) {
    const auto now_is = store::find_volume_in_operation(session, volume.id, volume.operation_id);
    if (!now_is || !now_is->pool.empty()) return;
    platform::insert(session, kept);
    platform::insert(session, message);
    app::end_operation(session, *now_is, "error", kept.created_at);
  });
}

// It claims no room: its volumes do, each when it is made.
void Scheduler::schedule_group(const ScheduleGroup& wanted) {
  const base::TimePoint now = app_.now();
  std::vector<PlacementRequest> requests;
  std::vector<store::PoolState> pools;
  app_.database.read([&](Session& session) {
    const auto group = find_waiting_group(session, wanted);
    if (!group) return;
    requests = requests_of(session, *group, now - app_.settings.service_down_time);
    pools = store::list_pools(session);
  });
  if (requests.empty()) return;
  const auto decision = place_together(pools, requests, rules_, app_.runtime.random);
  const store::DecisionRow kept = row_of(wanted.group_id, wanted.operation_id, decision);
  if (decision.host.empty())
    platform::log_warning("no valid backend group={} pools={}", wanted.group_id, decision.hosts);
  app_.database.write("schedule.group", [&](Session& session) {
    auto group = find_waiting_group(session, wanted);
    if (!group) return;
    platform::insert(session, kept);
    session.execute("UPDATE volume_groups SET pool=? WHERE id=?", {decision.host, group->id});
    app::end_operation(session, *group, decision.host.empty() ? "error" : "available", now);
  });
}

}  // namespace cinder::scheduler
