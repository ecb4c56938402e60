#include "cinder/app/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "cinder/app/group_snapshots.hpp"
#include "cinder/app/group_types.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/app/volumes.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using platform::Session;
using store::GroupRow;
using store::VolumeRow;

constexpr std::string_view kRemovable[] = {"available", "in-use", "error", "error_deleting"};
constexpr std::string_view kAddable[] = {"available", "in-use"};

// As far as it is known before the transaction.
GroupRow fresh_group(const App& app, const openstack::Context& context) {
  GroupRow group;
  group.id = app.uuid();
  group.project_id = context.project_id();
  group.user_id = context.user_id();
  group.status = "creating";
  group.operation_id = app.uuid();
  group.created_at = app.now();
  return group;
}

void insert_group(Session& session, const App& app, const GroupRow& group,
                  const std::set<std::string>& volume_types) {
  Demand demand;
  demand.groups = 1;
  check_quota(session, app.settings, group.project_id, demand);
  platform::insert(session, group);
  for (const std::string& type : volume_types)
    platform::insert(session, store::GroupVolumeTypeRow{group.id, type});
}

// What is copied, in the order of the copies.
struct GroupSource {
  GroupRow group;
  std::vector<VolumeWish> volumes;
};

VolumeWish copy_of(const store::SnapshotRow& snapshot) {
  VolumeWish wish;
  wish.snapshot_id = snapshot.id;
  wish.volume_type = snapshot.volume_type_id;
  return wish;
}

VolumeWish copy_of(const VolumeRow& volume) {
  VolumeWish wish;
  wish.source_volume_id = volume.id;
  wish.volume_type = volume.volume_type_id;
  return wish;
}

GroupSource find_group_source(Session& session, const openstack::Context& context,
                              const GroupCopyWish& wish) {
  GroupSource source;
  if (!wish.group_snapshot_id.empty()) {
    store::touch_group_snapshot(session, wish.group_snapshot_id);
    const auto snapshot = get_group_snapshot(session, context, wish.group_snapshot_id);
    source.group = get_group(session, context, snapshot.group_id);
    for (const auto& each : store::list_snapshots_of_group_snapshot(session, snapshot.id))
      source.volumes.push_back(copy_of(each));
    if (source.volumes.empty())
      bad_request("Invalid group: Group snapshot is empty. No group will be created.");
    return source;
  }
  store::touch_group(session, wish.source_group_id);
  source.group = get_group(session, context, wish.source_group_id);
  for (const VolumeRow& each : store::list_volumes_of_group(session, source.group.id))
    source.volumes.push_back(copy_of(each));
  if (source.volumes.empty())
    bad_request("Invalid group: Source Group is empty. No group will be created.");
  return source;
}

std::set<std::string> types_of(Session& session, const GroupSource& source) {
  const auto allowed = store::list_volume_types_of_group(session, source.group.id);
  std::set<std::string> types(allowed.begin(), allowed.end());
  for (const VolumeWish& volume : source.volumes) types.insert(volume.volume_type);
  return types;
}

[[noreturn]] void refuse_member(std::string_view verb, const std::string& volume_id,
                                const std::string& group_id, std::string_view why) {
  bad_request(fmt::format("Invalid volume: Cannot {} volume {} {} group {} {}", verb, volume_id,
                          verb == "add" ? "to" : "from", group_id, why));
}

void set_group_of(Session& session, VolumeRow volume, const std::string& group_id,
                  base::TimePoint now) {
  const VolumeRow before = volume;
  volume.group_id = group_id;
  volume.updated_at = now;
  platform::update(session, volume, before);
}

// False: it is in the group already.
bool add_volume(Session& session, const openstack::Context& context, const GroupRow& group,
                const std::string& id, base::TimePoint now) {
  const auto volume = store::find_volume(session, id);
  if (!volume || (volume->project_id != context.project_id() && !context.is_admin()))
    refuse_member("add", id, group.id, "because volume cannot be found.");
  if (volume->group_id == group.id) return false;
  if (!volume->group_id.empty())
    refuse_member("add", id, group.id, "because it is already in group " + volume->group_id + ".");
  if (volume->project_id != group.project_id)
    refuse_member("add", id, group.id, "as they belong to different projects.");
  const auto types = store::list_volume_types_of_group(session, group.id);
  if (std::ranges::find(types, volume->volume_type_id) == types.end())
    refuse_member(
        "add", id, group.id,
        "because volume type " + volume->volume_type_id + " is not supported by the group.");
  if (std::ranges::find(kAddable, volume->status) == std::end(kAddable))
    refuse_member("add", id, group.id,
                  "because volume is in an invalid state: " + volume->status +
                      ". Valid states are: ('available', 'in-use').");
  if (backend_of(volume->pool) != backend_of(group.pool))
    bad_request("Invalid volume: Volume is not local to this node.");
  set_group_of(session, *volume, group.id, now);
  return true;
}

void remove_volume(Session& session, const GroupRow& group, const std::string& id,
                   base::TimePoint now) {
  const auto volume = store::find_volume(session, id);
  if (!volume || volume->group_id != group.id)
    refuse_member("remove", id, group.id, "because it is not in the group.");
  if (std::ranges::find(kRemovable, volume->status) == std::end(kRemovable))
    refuse_member("remove", id, group.id,
                  "because volume is in an invalid state: " + volume->status +
                      ". Valid states are: ('available', 'in-use', 'error', 'error_deleting').");
  set_group_of(session, *volume, "", now);
}

void refuse_in_both(const GroupChange& change) {
  std::vector<std::string> both;
  for (const std::string& id : change.add_volumes)
    if (std::ranges::find(change.remove_volumes, id) != change.remove_volumes.end())
      both.push_back("'" + id + "'");
  if (!both.empty())
    bad_request(fmt::format("Invalid volume: UUIDs [{}] are in both add and remove volume list.",
                            base::join(both, ", ")));
}

void check_deletable(Session& session, const GroupRow& group, bool has_volumes, Volumes volumes) {
  const bool keeps = volumes == Volumes::keep;
  if (keeps && group.status != "available" && group.status != "error")
    bad_request("Invalid group: Group status must be available or error, but current status is: " +
                group.status);
  if (store::has_group_snapshots(session, group.id))
    bad_request("Invalid group: Group has existing snapshots.");
  if (keeps && has_volumes)
    bad_request(
        fmt::format("Invalid group: Group {} still contains volumes. The delete-volumes flag is "
                    "required to delete it.",
                    group.id));
  if (store::has_attached_volumes(session, group.id))
    bad_request(fmt::format("Invalid group: Volume in group {} is attached. Need to detach first.",
                            group.id));
  if (store::has_snapshots_of_volumes(session, group.id))
    bad_request("Invalid group: Volume in group still has dependent snapshots.");
}

void begin_deletion(Session& session, const App& app, const Origin& origin, VolumeRow volume,
                    const Operation& operation) {
  const std::string topic = volume_topic(backend_of(volume.pool));
  begin_operation(session, volume, {operation.id, operation.status, topic, operation.now});
  platform::enqueue(session, topic, app.message(origin, WorkOnVolume{volume.id, operation.id}),
                    operation.now);
}

}  // namespace

GroupRow create_group(App& app, const openstack::Context& context, const GroupWish& wish) {
  GroupRow fresh = fresh_group(app, context);
  fresh.name = wish.name;
  fresh.description = wish.description;
  fresh.task_owner = kSchedulerTopic;
  fresh.task_deadline = fresh.created_at + kScheduleDeadline;
  fresh.attempts = 1;
  const auto schedule =
      app.message(origin_of(context), ScheduleGroup{fresh.id, fresh.operation_id});
  return app.database.write("group.create", [&](Session& session) {
    GroupRow group = fresh;
    std::set<std::string> volume_types;
    for (const std::string& type : wish.volume_types)
      volume_types.insert(get_volume_type(session, context, type).id);
    group.group_type_id = get_group_type(session, wish.group_type).id;
    group.availability_zone = zone_of(session, app, wish.availability_zone, "");
    insert_group(session, app, group, volume_types);
    platform::enqueue(session, std::string(kSchedulerTopic), schedule, group.created_at);
    return group;
  });
}

GroupRow create_group_from_source(App& app, const openstack::Context& context,
                                  const GroupCopyWish& wish) {
  GroupRow fresh = fresh_group(app, context);
  fresh.name = wish.name;
  fresh.description = wish.description;
  fresh.group_snapshot_id = wish.group_snapshot_id;
  fresh.source_group_id = wish.source_group_id;
  return app.database.write("group.copy", [&](Session& session) {
    const GroupSource source = find_group_source(session, context, wish);
    GroupRow group = fresh;
    group.pool = source.group.pool;
    if (group.pool.empty()) bad_request("Invalid group: No host to create group " + group.id + ".");
    group.group_type_id = source.group.group_type_id;
    group.availability_zone = source.group.availability_zone;
    insert_group(session, app, group, types_of(session, source));
    for (VolumeWish volume : source.volumes) {
      volume.group_id = group.id;
      create_copy_for_group(session, app, context, volume);
    }
    return group;
  });
}

GroupRow get_group(Session& session, const openstack::Context& context, const std::string& id) {
  auto group = store::find_group(session, id);
  if (!group || (group->project_id != context.project_id() && !context.is_admin()))
    openstack::not_found("Group " + id + " could not be found.");
  return *std::move(group);
}

GroupRow get_group(App& app, const openstack::Context& context, const std::string& id) {
  return app.database.read([&](Session& session) { return get_group(session, context, id); });
}

void update_group(App& app, const openstack::Context& context, const std::string& id,
                  const GroupChange& change) {
  const base::TimePoint now = app.now();
  app.database.write("group.update", [&](Session& session) {
    store::touch_group(session, id);
    GroupRow group = get_group(session, context, id);
    const GroupRow before = group;
    if (group.status != "available")
      bad_request("Invalid group: Group status must be available, but current status is: " +
                  group.status + ".");
    refuse_in_both(change);
    bool changes = !change.remove_volumes.empty();
    for (const std::string& volume : change.add_volumes)
      changes |= add_volume(session, context, group, volume, now);
    for (const std::string& volume : change.remove_volumes)
      remove_volume(session, group, volume, now);
    if (change.name) group.name = change.name;
    if (change.description) group.description = change.description;
    if (!changes && group.name == before.name && group.description == before.description)
      bad_request(
          fmt::format("Invalid group: Cannot update group {} because no valid name, description, "
                      "add_volumes, or remove_volumes were provided.",
                      id));
    group.updated_at = now;
    platform::update(session, group, before);
  });
}

void delete_group(App& app, const openstack::Context& context, const std::string& id,
                  Volumes volumes) {
  const Operation operation{app.uuid(), "deleting", "", app.now()};
  const Origin origin = origin_of(context);
  app.database.write("group.delete", [&](Session& session) {
    store::touch_group(session, id);
    GroupRow group = get_group(session, context, id);
    if (group.pool.empty() && !store::has_group_snapshots(session, id))
      return store::delete_group(session, id);
    if (group.status == "deleting" && !group.operation_id.empty() && volumes != Volumes::keep)
      return;
    const auto members = store::list_volumes_of_group(session, id);
    check_deletable(session, group, !members.empty(), volumes);
    const GroupRow before = group;
    group.status = operation.status;
    group.operation_id = operation.id;
    group.updated_at = operation.now;
    platform::update(session, group, before);
    bool is_empty = true;
    for (const VolumeRow& volume : members) {
      // Nothing of it is anywhere.
      if (volume.pool.empty()) {
        store::delete_volume(session, volume.id);
        continue;
      }
      begin_deletion(session, app, origin, volume, operation);
      is_empty = false;
    }
    if (is_empty) store::delete_group(session, id);
  });
}

void reset_group_status(App& app, const openstack::Context& context, const std::string& id,
                        const std::string& status) {
  const base::TimePoint now = app.now();
  app.database.write("group.reset", [&](Session& session) {
    store::touch_group(session, id);
    end_operation(session, get_group(session, context, id), status, now);
  });
}

}  // namespace cinder::app
