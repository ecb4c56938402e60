#include "cinder/app/snapshots.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/app/volumes.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;
using store::SnapshotRow;

void check_volume(const store::VolumeRow& volume, bool force) {
  if (volume.status == "available" || (force && volume.status == "in-use")) return;
  throw Error(
      ErrorKind::bad_request,
      fmt::format("Invalid volume: Volume {} status must be available{}, but current status "
                  "is: {}.",
                  volume.id, force ? " or in-use" : "", volume.status));
}

// cinder/api/contrib/snapshot_actions.py: status_map.
struct Step {
  std::string_view from;
  std::string_view to;
};
constexpr Step kSteps[] = {{"creating", "creating"},
                           {"creating", "available"},
                           {"creating", "error"},
                           {"deleting", "deleting"},
                           {"deleting", "error_deleting"}};

void check_step(std::string_view from, std::string_view to) {
  const auto starts = [from](const Step& step) { return step.from == from; };
  if (std::none_of(std::begin(kSteps), std::end(kSteps), starts))
    openstack::bad_request(
        fmt::format("Snapshot status {} not allowed for update_snapshot_status", from));
  if (std::none_of(std::begin(kSteps), std::end(kSteps),
                   [&](const Step& step) { return starts(step) && step.to == to; }))
    openstack::bad_request(fmt::format(
        "Provided snapshot status {} not allowed for snapshot with status {}.", to, from));
}

void check_progress(std::string_view progress) {
  if (progress.empty()) return;
  const auto percent = progress.ends_with('%')
                           ? base::parse_integer(progress.substr(0, progress.size() - 1))
                           : std::nullopt;
  if (!percent || *percent < 0 || *percent > 100)
    openstack::bad_request("progress must be an integer percentage");
}

// As far as it is known before the transaction.
SnapshotRow fresh_snapshot(const App& app, const openstack::Context& context,
                           const SnapshotWish& wish) {
  const base::TimePoint now = app.now();
  SnapshotRow fresh;
  fresh.id = app.uuid();
  fresh.volume_id = wish.volume_id;
  fresh.project_id = context.project_id();
  fresh.user_id = context.user_id();
  fresh.name = wish.name;
  fresh.description = wish.description;
  fresh.group_snapshot_id = wish.group_snapshot_id;
  fresh.status = "creating";
  fresh.metadata = base::to_text(base::to_json(wish.metadata));
  fresh.operation_id = app.uuid();
  fresh.task_deadline = now + kWorkDeadline;
  fresh.attempts = 1;
  fresh.created_at = now;
  return fresh;
}

// Writes it and the message to the back end of the volume.
SnapshotRow begin_creation(Session& session, const App& app, const store::VolumeRow& volume,
                           SnapshotRow snapshot, const platform::Message& work) {
  snapshot.size_gib = volume.size_gib;
  snapshot.volume_type_id = volume.volume_type_id;
  snapshot.pool = volume.pool;
  snapshot.task_owner = volume_topic(backend_of(volume.pool));
  check_quota(session, app.settings, snapshot.project_id,
              {snapshot.volume_type_id, 0, 1, snapshot.size_gib});
  platform::insert(session, snapshot);
  platform::enqueue(session, snapshot.task_owner, work, snapshot.created_at);
  return snapshot;
}

platform::Message work_on(const App& app, const openstack::Context& context,
                          const SnapshotRow& snapshot) {
  return app.message(origin_of(context), WorkOnSnapshot{snapshot.id, snapshot.operation_id});
}

}  // namespace

SnapshotRow create_snapshot(App& app, const openstack::Context& context, const SnapshotWish& wish) {
  const SnapshotRow fresh = fresh_snapshot(app, context, wish);
  const auto work = work_on(app, context, fresh);
  return app.database.write("snapshot.create", [&](Session& session) {
    const store::VolumeRow volume = get_volume(session, context, wish.volume_id);
    check_volume(volume, wish.force);
    return begin_creation(session, app, volume, fresh, work);
  });
}

void create_snapshot_for_group(Session& session, const App& app, const openstack::Context& context,
                               const SnapshotWish& wish, const store::VolumeRow& volume) {
  const SnapshotRow fresh = fresh_snapshot(app, context, wish);
  begin_creation(session, app, volume, fresh, work_on(app, context, fresh));
}

SnapshotRow get_snapshot(Session& session, const openstack::Context& context,
                         const std::string& id) {
  auto snapshot = store::find_snapshot(session, id);
  if (!snapshot || (snapshot->project_id != context.project_id() && !context.is_admin()))
    throw Error(ErrorKind::not_found, "Snapshot " + id + " could not be found.");
  return *std::move(snapshot);
}

SnapshotRow get_snapshot(App& app, const openstack::Context& context, const std::string& id) {
  return app.database.read([&](Session& session) { return get_snapshot(session, context, id); });
}

SnapshotRow update_snapshot(App& app, const openstack::Context& context, const std::string& id,
                            const std::function<void(SnapshotRow&)>& change) {
  const base::TimePoint now = app.now();
  return app.database.write("snapshot.update", [&](Session& session) {
    SnapshotRow snapshot = get_snapshot(session, context, id);
    const SnapshotRow before = snapshot;
    change(snapshot);
    snapshot.updated_at = now;
    platform::update(session, snapshot, before);
    return snapshot;
  });
}

void delete_snapshot(App& app, const openstack::Context& context, const std::string& id,
                     bool force) {
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const auto work = app.message(origin_of(context), WorkOnSnapshot{id, operation});
  app.database.write("snapshot.delete", [&](Session& session) {
    SnapshotRow snapshot = get_snapshot(session, context, id);
    if (snapshot.status == "deleting" && !force) return;
    if (!snapshot.group_snapshot_id.empty())
      openstack::bad_request(
          fmt::format("Invalid snapshot: Snapshot {}must not be part of a group.",
                      force ? "" : "status must be available or error and "));
    if (!force && snapshot.status != "available" && !snapshot.status.starts_with("error"))
      throw Error(ErrorKind::bad_request,
                  "Invalid snapshot: Snapshot status must be available or error, and snapshot must "
                  "not be part of a group snapshot.");
    begin_operation(session, snapshot,
                    {operation, "deleting", volume_topic(backend_of(snapshot.pool)), now});
    platform::enqueue(session, snapshot.task_owner, work, now);
  });
}

void reset_snapshot_status(App& app, const openstack::Context& context, const std::string& id,
                           const std::string& status) {
  const base::TimePoint now = app.now();
  app.database.write("snapshot.reset", [&](Session& session) {
    end_operation(session, get_snapshot(session, context, id), status, now);
  });
}

void report_snapshot_status(App& app, const openstack::Context& context, const std::string& id,
                            const std::string& status, const std::string& progress) {
  check_progress(progress);
  const base::TimePoint now = app.now();
  app.database.write("snapshot.report", [&](Session& session) {
    SnapshotRow snapshot = get_snapshot(session, context, id);
    check_step(snapshot.status, status);
    const SnapshotRow before = snapshot;
    if (!progress.empty()) snapshot.progress = progress;
    snapshot.updated_at = now;
    platform::update(session, snapshot, before);
    if (status != snapshot.status) end_operation(session, snapshot, status, now);
  });
}

}  // namespace cinder::app
