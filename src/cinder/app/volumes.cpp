#include "cinder/app/volumes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/app/lifecycle.hpp"
#include "cinder/app/migrate_volume.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/scheduler/extra_specs.hpp"
#include "cinder/scheduler/placement.hpp"
#include "cinder/store/attachments.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::bad_request;
using platform::Session;
using store::VolumeRow;

constexpr std::array<std::string_view, 6> kDeletable{
    "available", "error", "error_restoring", "error_extending", "error_managing", "error_deleting"};

[[noreturn]] void refuse_deletion(std::string_view status) {
  bad_request(
      fmt::format("Invalid volume: Volume {}must not be migrating, attached, belong to a group, "
                  "have snapshots, awaiting a transfer, or be disassociated from snapshots after "
                  "volume transfer.",
                  status));
}

void check_deletable(const VolumeRow& volume, bool has_snapshots) {
  const bool may =
      std::find(kDeletable.begin(), kDeletable.end(), volume.status) != kDeletable.end();
  if (!may || has_snapshots)
    refuse_deletion(
        "status must be available or error or error_restoring or error_extending or "
        "error_managing and ");
}

// Those of a group snapshot go with it.
void check_its_snapshots(const std::vector<store::SnapshotRow>& snapshots) {
  if (std::any_of(snapshots.begin(), snapshots.end(),
                  [](const auto& snapshot) { return !snapshot.group_snapshot_id.empty(); }))
    bad_request("Invalid volume: Failed to update snapshot.");
}

// Also where an administrator has said that its status is another one.
void check_unused(Session& session, const VolumeRow& volume) {
  if (store::has_attachments(session, volume.id))
    bad_request(fmt::format("Invalid volume: Volume {} is attached: detach it first.", volume.id));
}

void delete_its_snapshots(Session& session, const App& app, const Origin& origin,
                          std::vector<store::SnapshotRow> snapshots, const std::string& operation,
                          base::TimePoint now) {
  for (store::SnapshotRow& snapshot : snapshots) {
    begin_operation(session, snapshot,
                    {operation, "deleting", volume_topic(backend_of(snapshot.pool)), now});
    platform::enqueue(session, snapshot.task_owner,
                      app.message(origin, WorkOnSnapshot{snapshot.id, operation}), now);
  }
}

// An attached one since 3.42.
void check_extendable(const VolumeRow& volume, openstack::Microversion version) {
  const bool may = volume.status == "available" ||
                   (volume.status == "in-use" && version >= openstack::Microversion{3, 42});
  if (!may)
    bad_request(
        fmt::format("Invalid volume: Volume {} status must be 'available' to extend, "
                    "currently {}.",
                    volume.id, volume.status));
}

// The pool has room for what is claimed in addition.
void claim(Session& session, const VolumeRow& volume, int64_t more_gib) {
  store::touch_pool(session, volume.pool);
  const auto pool = store::find_pool(session, volume.pool);
  if (!pool || scheduler::room_in(*pool) < more_gib)
    bad_request(
        fmt::format("Invalid input received: The storage pool of volume {} has no room for {} "
                    "GiB more.",
                    volume.id, more_gib));
}

}  // namespace

VolumeRow get_volume(Session& session, const openstack::Context& context, const std::string& id) {
  auto volume = store::find_volume(session, id);
  if (!volume || (volume->project_id != context.project_id() && !context.is_admin()))
    throw Error(ErrorKind::not_found, "Volume " + id + " could not be found.");
  return *std::move(volume);
}

VolumeRow get_volume(App& app, const openstack::Context& context, const std::string& id) {
  return app.database.read([&](Session& session) { return get_volume(session, context, id); });
}

VolumeRow update_volume(App& app, const openstack::Context& context, const std::string& id,
                        const std::function<void(VolumeRow&)>& change) {
  const base::TimePoint now = app.now();
  return app.database.write("volume.update", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    const VolumeRow before = volume;
    change(volume);
    volume.updated_at = now;
    platform::update(session, volume, before);
    return volume;
  });
}

void delete_volume(App& app, const openstack::Context& context, const std::string& id,
                   Snapshots how, Force force) {
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const Origin origin = origin_of(context);
  const auto work = app.message(origin, WorkOnVolume{id, operation});
  app.database.write("volume.delete", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    auto snapshots = store::list_snapshots_of_volume(session, id);
    if (volume.status == "deleting" && force == Force::no) return;
    check_unused(session, volume);
    if (force == Force::no) check_deletable(volume, !snapshots.empty() && how == Snapshots::forbid);
    if (!volume.group_id.empty() && !volume.pool.empty()) refuse_deletion("");
    check_its_snapshots(snapshots);
    delete_its_snapshots(session, app, origin, std::move(snapshots), operation, now);
    // Nothing of it is anywhere.
    if (volume.pool.empty()) return forget_volume(session, volume, now);
    begin_operation(session, volume,
                    {operation, "deleting", volume_topic(backend_of(volume.pool)), now});
    platform::enqueue(session, volume.task_owner, work, now);
  });
}

void extend_volume(App& app, const openstack::Context& context, const std::string& id,
                   int64_t size_gib) {
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const auto work = app.message(origin_of(context), WorkOnVolume{id, operation});
  app.database.write("volume.extend", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    check_extendable(volume, context.version);
    if (size_gib <= volume.size_gib)
      bad_request(
          fmt::format("Invalid input received: New size for extend must be greater than current "
                      "size. (current: {}, extended: {}).",
                      volume.size_gib, size_gib));
    const int64_t more = size_gib - volume.size_gib;
    check_quota(session, app.settings, volume.project_id, {volume.volume_type_id, 0, 0, more});
    claim(session, volume, more);
    session.execute("UPDATE volumes SET claimed_gib=? WHERE id=?", {size_gib, id});
    volume.claimed_gib = size_gib;
    begin_operation(session, volume,
                    {operation, "extending", volume_topic(backend_of(volume.pool)), now});
    platform::enqueue(session, volume.task_owner, work, now);
  });
}

void retype_volume(App& app, const openstack::Context& context, const std::string& id,
                   const std::string& volume_type, Migration migration) {
  const base::TimePoint now = app.now();
  const std::string operation = app.uuid();
  const auto work = app.message(origin_of(context), WorkOnVolume{id, operation});
  app.database.write("volume.retype", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    const VolumeRow before = volume;
    if (volume.status != "available")
      bad_request(
          fmt::format("Invalid volume: Volume {} status must be available to retype, but "
                      "current status is: {}.",
                      id, volume.status));
    if (!volume.group_id.empty())
      bad_request(
          "Invalid volume: Retype needs volume to be in available or in-use state, not be part of "
          "an active migration or a consistency group, requested type has to be different that "
          "the one from the volume, and for in-use volumes front-end qos specs cannot change.");
    const auto type = get_volume_type(session, context, volume_type);
    refuse_encrypted(session, type.id);
    const auto pool = store::find_pool(session, volume.pool);
    const auto specs =
        base::from_json<std::map<std::string, std::string>>(base::parse_json(type.extra_specs));
    const bool fits = pool && scheduler::fulfills(pool->pool.capabilities, specs);
    if (!fits && migration == Migration::on_demand) {
      begin_retype_elsewhere(session, app, volume, type, operation, now);
      return platform::enqueue(session, volume_topic(backend_of(volume.pool)), work, now);
    }
    if (!fits)
      bad_request(
          fmt::format("Invalid volume: Volume {} would have to move to another pool for "
                      "type {}, and its migration policy does not allow that.",
                      id, type.name));
    volume.volume_type_id = type.id;
    volume.updated_at = now;
    platform::update(session, volume, before);
  });
}

void reset_status(App& app, const openstack::Context& context, const std::string& id,
                  const std::string& status) {
  const base::TimePoint now = app.now();
  app.database.write("volume.reset", [&](Session& session) {
    end_operation(session, get_volume(session, context, id), status, now);
  });
}

}  // namespace cinder::app
