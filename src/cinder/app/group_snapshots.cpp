#include "cinder/app/group_snapshots.hpp"

#include <algorithm>

#include "cinder/app/groups.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/snapshots.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using platform::Session;
using store::GroupSnapshotRow;
using store::SnapshotRow;
using store::VolumeRow;

// cinder/volume/api.py: _create_snapshot_in_db_validate(), and what has no content to keep.
void check_content(const VolumeRow& volume) {
  if (volume.pool.empty())
    bad_request(
        "Invalid volume: The snapshot cannot be created because volume has not been scheduled to "
        "any host.");
  if (volume.status == "maintenance")
    bad_request(
        "Invalid volume: The snapshot cannot be created when the volume is in maintenance mode.");
  if (volume.status != "available" && volume.status != "in-use")
    bad_request("Invalid volume: The snapshot cannot be created when the volume is in " +
                volume.status + " status.");
}

bool is_being_used(Session& session, const std::string& id,
                   const std::vector<SnapshotRow>& snapshots) {
  return store::is_source_of_creation(session, id) ||
         std::any_of(snapshots.begin(), snapshots.end(),
                     [](const SnapshotRow& snapshot) { return snapshot.status == "restoring"; });
}

}  // namespace

GroupSnapshotRow create_group_snapshot(App& app, const openstack::Context& context,
                                       const GroupSnapshotWish& wish) {
  GroupSnapshotRow fresh;
  fresh.id = app.uuid();
  fresh.group_id = wish.group_id;
  fresh.project_id = context.project_id();
  fresh.user_id = context.user_id();
  fresh.name = wish.name;
  fresh.description = wish.description;
  fresh.status = "creating";
  fresh.operation_id = app.uuid();
  fresh.created_at = app.now();
  return app.database.write("group_snapshot.create", [&](Session& session) {
    store::touch_group(session, wish.group_id);
    const auto group = get_group(session, context, wish.group_id);
    if (!group.operation_id.empty())
      bad_request("Invalid group: Group status must be available, but current status is: " +
                  group.status + ".");
    const auto volumes = store::list_volumes_of_group(session, group.id);
    for (const VolumeRow& volume : volumes) check_content(volume);
    GroupSnapshotRow snapshot = fresh;
    snapshot.group_type_id = group.group_type_id;
    platform::insert(session, snapshot);
    for (const VolumeRow& volume : volumes)
      create_snapshot_for_group(session, app, context,
                                {.volume_id = volume.id,
                                 .name = wish.name,
                                 .description = wish.description,
                                 .metadata = {},
                                 .group_snapshot_id = snapshot.id},
                                volume);
    if (volumes.empty()) end_operation(session, snapshot, "available", snapshot.created_at);
    return snapshot;
  });
}

GroupSnapshotRow get_group_snapshot(Session& session, const openstack::Context& context,
                                    const std::string& id) {
  auto snapshot = store::find_group_snapshot(session, id);
  if (!snapshot || (snapshot->project_id != context.project_id() && !context.is_admin()))
    openstack::not_found("GroupSnapshot " + id + " could not be found.");
  return *std::move(snapshot);
}

GroupSnapshotRow get_group_snapshot(App& app, const openstack::Context& context,
                                    const std::string& id) {
  return app.database.read(
      [&](Session& session) { return get_group_snapshot(session, context, id); });
}

void delete_group_snapshot(App& app, const openstack::Context& context, const std::string& id) {
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const Origin origin = origin_of(context);
  app.database.write("group_snapshot.delete", [&](Session& session) {
    store::touch_group_snapshot(session, id);
    GroupSnapshotRow snapshot = get_group_snapshot(session, context, id);
    auto parts = store::list_snapshots_of_group_snapshot(session, id);
    if ((snapshot.status != "available" && snapshot.status != "error") ||
        is_being_used(session, id, parts))
      bad_request(
          "Invalid GroupSnapshot: GroupSnapshot status must be available or error, and no Group "
          "can be currently using it as source for its creation.");
    if (parts.empty()) return store::delete_group_snapshot(session, id);
    const GroupSnapshotRow before = snapshot;
    snapshot.status = "deleting";
    snapshot.operation_id = operation;
    snapshot.updated_at = now;
    platform::update(session, snapshot, before);
    for (SnapshotRow& part : parts) {
      const std::string topic = volume_topic(backend_of(part.pool));
      begin_operation(session, part, {operation, "deleting", topic, now});
      platform::enqueue(session, topic, app.message(origin, WorkOnSnapshot{part.id, operation}),
                        now);
    }
  });
}

void reset_group_snapshot_status(App& app, const openstack::Context& context, const std::string& id,
                                 const std::string& status) {
  const base::TimePoint now = app.now();
  app.database.write("group_snapshot.reset", [&](Session& session) {
    store::touch_group_snapshot(session, id);
    end_operation(session, get_group_snapshot(session, context, id), status, now);
  });
}

}  // namespace cinder::app
