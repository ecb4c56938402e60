#include "cinder/app/manage.hpp"

#include <fmt/format.h>

#include "cinder/app/backend_call.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/app/snapshots.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/app/volumes.hpp"
#include "cinder/scheduler/extra_specs.hpp"
#include "cinder/store/managed_sources.hpp"
#include "cinder/store/pools.hpp"
#include "cinder/store/services.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using platform::Session;
using store::SnapshotRow;
using store::VolumeRow;

// Storage may be asked for each of the things in it.
constexpr base::Duration kListTimeout = std::chrono::seconds{60};

template <class Row>
Row fresh_row(const App& app, const openstack::Context& context, const ManageWish& wish) {
  Row row;
  row.id = app.uuid();
  row.project_id = context.project_id();
  row.user_id = context.user_id();
  row.name = wish.name;
  row.description = wish.description;
  row.metadata = base::to_text(base::to_json(wish.metadata));
  row.status = "managing";
  row.operation_id = app.uuid();
  row.created_at = app.now();
  row.task_deadline = row.created_at + kWorkDeadline;
  row.attempts = 1;
  return row;
}

store::PoolState get_living_pool(Session& session, const App& app, const ManageWish& wish,
                                 const store::VolumeTypeRow& type, base::TimePoint now) {
  auto pool = store::find_pool(session, wish.host);
  if (!pool || pool->service.last_seen_at < now - app.settings.service_down_time)
    openstack::not_found("Service cinder-volume could not be found on host " + wish.host + ".");
  if (pool->service.disabled)
    bad_request("Invalid input received: Service of " + wish.host + " is disabled.");
  const auto specs =
      base::from_json<std::map<std::string, std::string>>(base::parse_json(type.extra_specs));
  if (!scheduler::fulfills(pool->pool.capabilities, specs))
    bad_request(
        fmt::format("Invalid volume type: {} is not what type {} asks for.", wish.host, type.name));
  return *std::move(pool);
}

}  // namespace

VolumeRow manage_volume(App& app, const openstack::Context& context, const ManageWish& wish) {
  VolumeRow fresh = fresh_row<VolumeRow>(app, context, wish);
  fresh.bootable = wish.bootable;
  const auto work = app.message(origin_of(context), WorkOnVolume{fresh.id, fresh.operation_id});
  return app.database.write("volume.manage", [&](Session& session) {
    VolumeRow volume = fresh;
    const auto type = get_volume_type(
        session, context,
        wish.volume_type.empty() ? app.settings.default_volume_type : wish.volume_type);
    refuse_encrypted(session, type.id);
    const auto pool = get_living_pool(session, app, wish, type, volume.created_at);
    volume.volume_type_id = type.id;
    volume.pool = pool.pool.name;
    volume.availability_zone = pool.service.availability_zone;
    volume.task_owner = volume_topic(pool.pool.host);
    check_quota(session, app.settings, volume.project_id, {type.id, 1, 0, 0, 0});
    platform::insert(session, volume);
    platform::insert(session,
                     store::ManagedSourceRow{volume.id, volume.operation_id, wish.source_name});
    platform::enqueue(session, volume.task_owner, work, volume.created_at);
    return volume;
  });
}

SnapshotRow manage_snapshot(App& app, const openstack::Context& context, const ManageWish& wish) {
  const SnapshotRow fresh = fresh_row<SnapshotRow>(app, context, wish);
  const auto work = app.message(origin_of(context), WorkOnSnapshot{fresh.id, fresh.operation_id});
  return app.database.write("snapshot.manage", [&](Session& session) {
    const VolumeRow volume = get_volume(session, context, wish.volume_id);
    if (volume.pool.empty()) bad_request("Invalid volume: Volume is in no back end.");
    SnapshotRow snapshot = fresh;
    snapshot.volume_id = volume.id;
    snapshot.size_gib = volume.size_gib;
    snapshot.volume_type_id = volume.volume_type_id;
    snapshot.pool = volume.pool;
    snapshot.task_owner = volume_topic(backend_of(volume.pool));
    check_quota(session, app.settings, snapshot.project_id,
                {snapshot.volume_type_id, 0, 1, snapshot.size_gib, 0});
    platform::insert(session, snapshot);
    platform::insert(session,
                     store::ManagedSourceRow{snapshot.id, snapshot.operation_id, wish.source_name});
    platform::enqueue(session, snapshot.task_owner, work, snapshot.created_at);
    return snapshot;
  });
}

ManageableItems list_manageable(App& app, const openstack::Context& context,
                                const std::string& host, const ListManageable& page) {
  const std::string backend = backend_of(host);
  app.database.read([&](Session& session) {
    const auto service = store::find_service(session, backend, store::kVolumeBinary);
    if (!service)
      openstack::not_found("Service cinder-volume could not be found on host " + backend + ".");
    if (service->disabled || service->last_seen_at < app.now() - app.settings.service_down_time)
      bad_request("Service is unavailable at this time.");
  });
  return call_backend(app, origin_of(context), backend, page, kListTimeout);
}

void unmanage_volume(App& app, const openstack::Context& context, const std::string& id) {
  const base::TimePoint now = app.now();
  const std::string operation = app.uuid();
  const auto work = app.message(origin_of(context), WorkOnVolume{id, operation});
  app.database.write("volume.unmanage", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    const bool may = volume.status == "available" || volume.status.starts_with("error");
    if (!may || volume.pool.empty() || !volume.group_id.empty() ||
        !store::list_snapshots_of_volume(session, id).empty())
      bad_request(
          "Invalid volume: Volume status must be available or error, it must be in a back end and "
          "not belong to a group or have snapshots to be unmanaged.");
    begin_operation(session, volume,
                    {operation, "unmanaging", volume_topic(backend_of(volume.pool)), now});
    platform::enqueue(session, volume.task_owner, work, now);
  });
}

void unmanage_snapshot(App& app, const openstack::Context& context, const std::string& id) {
  const base::TimePoint now = app.now();
  const std::string operation = app.uuid();
  const auto work = app.message(origin_of(context), WorkOnSnapshot{id, operation});
  app.database.write("snapshot.unmanage", [&](Session& session) {
    SnapshotRow snapshot = get_snapshot(session, context, id);
    if (!snapshot.group_snapshot_id.empty())
      bad_request("Invalid snapshot: Snapshot must not be part of a group.");
    if (snapshot.status != "available" && !snapshot.status.starts_with("error"))
      bad_request("Invalid snapshot: Snapshot status must be available or error to be unmanaged.");
    begin_operation(session, snapshot,
                    {operation, "unmanaging", volume_topic(backend_of(snapshot.pool)), now});
    platform::enqueue(session, snapshot.task_owner, work, now);
  });
}

}  // namespace cinder::app
