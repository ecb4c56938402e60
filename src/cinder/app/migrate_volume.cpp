#include "cinder/app/migrate_volume.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cinder/app/lifecycle.hpp"
#include "cinder/app/volumes.hpp"
#include "cinder/scheduler/driver_functions.hpp"
#include "cinder/scheduler/placement.hpp"
#include "cinder/store/pools.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volume_migrations.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using platform::Session;
using store::PoolState;
using store::VolumeRow;

// "host@backend#pool" -> "host".
std::string_view machine_of(std::string_view pool) { return pool.substr(0, pool.find('@')); }

void check_movable(Session& session, const VolumeRow& volume) {
  const bool movable = volume.status == "available" && !volume.pool.empty() &&
                       volume.group_id.empty() &&
                       store::list_snapshots_of_volume(session, volume.id).empty();
  if (!movable)
    bad_request(
        fmt::format("Invalid volume: Volume {} status must be available or in-use, must not be "
                    "migrating, have snapshots, be replicated, be part of a group and destination "
                    "host/cluster must be different than the current one",
                    volume.id));
}

// What moves is copied within one cinder-volume: it has both back ends open.
std::vector<PoolState> list_reachable_pools(Session& session, const VolumeRow& volume) {
  auto pools = store::list_pools(session);
  std::erase_if(pools, [&](const PoolState& state) {
    return state.pool.name == volume.pool || machine_of(state.pool.name) != machine_of(volume.pool);
  });
  return pools;
}

void begin_move(Session& session, VolumeRow volume, const Operation& operation,
                const std::string& target_pool, const std::string& volume_type_id) {
  store::touch_pool(session, target_pool);
  platform::replace(session, store::MigrationRow{volume.id, operation.id, target_pool,
                                                 volume_type_id, volume.size_gib});
  const VolumeRow before = volume;
  volume.migration_status = "migrating";
  platform::update(session, volume, before);
  begin_operation(session, volume, operation);
}

scheduler::PlacementRequest wanted_pool(const App& app, const VolumeRow& volume,
                                        const store::VolumeTypeRow& type, base::TimePoint now) {
  scheduler::PlacementRequest request;
  request.size_gib = volume.size_gib;
  request.zone = volume.availability_zone;
  request.alive_after = now - app.settings.service_down_time;
  request.extra_specs =
      base::from_json<std::map<std::string, std::string>>(base::parse_json(type.extra_specs));
  return request;
}

}  // namespace

void migrate_volume(App& app, const openstack::Context& context, const std::string& id,
                    const std::string& host) {
  const base::TimePoint now = app.now();
  const std::string operation_id = app.uuid();
  const auto work = app.message(origin_of(context), WorkOnVolume{id, operation_id});
  app.database.write("volume.migrate", [&](Session& session) {
    const VolumeRow volume = get_volume(session, context, id);
    check_movable(session, volume);
    if (host == volume.pool)
      bad_request("Invalid host: Destination host must be different than the current host.");
    const auto pools = list_reachable_pools(session, volume);
    const auto target = std::find_if(pools.begin(), pools.end(), [&](const PoolState& state) {
      return state.pool.name == host || state.pool.host == host;
    });
    const base::TimePoint alive_after = now - app.settings.service_down_time;
    if (target == pools.end() || target->service.disabled ||
        target->service.last_seen_at < alive_after)
      bad_request("Invalid host: No available service named '" + host +
                  "' on the host of the volume.");
    if (scheduler::room_in(*target) < volume.size_gib)
      bad_request("Invalid host: " + host + " has no room for the volume.");
    const std::string topic = volume_topic(backend_of(volume.pool));
    begin_move(session, volume, {operation_id, "maintenance", topic, now}, target->pool.name,
               volume.volume_type_id);
    platform::enqueue(session, topic, work, now);
  });
}

void begin_retype_elsewhere(Session& session, const App& app, VolumeRow volume,
                            const store::VolumeTypeRow& type, const std::string& operation_id,
                            base::TimePoint now) {
  check_movable(session, volume);
  auto request = wanted_pool(app, volume, type, now);
  scheduler::describe_volume(session, volume, &type, request);
  const auto decision = scheduler::place(
      list_reachable_pools(session, volume), request,
      scheduler::make_rules(app.settings.filters, app.settings.weighers, app.settings.weights),
      app.runtime.random);
  if (decision.host.empty())
    bad_request(
        fmt::format("Invalid volume: No pool on the host of volume {} is what type {} asks for.",
                    volume.id, type.name));
  begin_move(session, volume,
             {operation_id, "retyping", volume_topic(backend_of(volume.pool)), now}, decision.host,
             type.id);
}

}  // namespace cinder::app
