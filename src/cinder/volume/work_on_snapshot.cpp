// What a back end does for a snapshot, in the manner of work_on_volume.cpp.
#include "cinder/app/lifecycle.hpp"
#include "cinder/volume/exports.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using drivers::Kind;
using platform::Session;
using store::SnapshotRow;

// The snapshot if it still is in that operation, and here.
std::optional<SnapshotRow> find_snapshot_here(Session& session, const Backend& backend,
                                              const std::string& id,
                                              const std::string& operation_id) {
  auto snapshot = store::find_snapshot_in_operation(session, id, operation_id);
  if (!snapshot || snapshot->pool != backend.pool()) return std::nullopt;
  return snapshot;
}

void end_snapshot_as(Backend& backend, const SnapshotRow& snapshot, std::string_view status) {
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("snapshot.done", [&](Session& session) {
    const auto row = find_snapshot_here(session, backend, snapshot.id, snapshot.operation_id);
    if (row) app::end_operation(session, *row, status, now);
  });
}

void create_snapshot(Backend& backend, const SnapshotRow& snapshot) {
  try {
    // What a guest writes meanwhile would be in one half of the copy and not in the other.
    const openstack::Slots::Slot slot(backend.slots, snapshot.volume_id);
    const ExportPause pause(backend, snapshot.volume_id);
    backend.provider->create_snapshot(snapshot.id, snapshot.volume_id);
  } catch (const base::Error& error) {
    platform::log_error("snapshot not made snapshot={} error={}", snapshot.id, error.what());
    backend.remove({Kind::snapshot, snapshot.id});
    return end_snapshot_as(backend, snapshot, "error");
  }
  end_snapshot_as(backend, snapshot, "available");
}

void remove_snapshot(Backend& backend, const SnapshotRow& snapshot) {
  with_patience("Snapshot " + snapshot.id + " could not be deleted.",
                [&] { backend.remove({Kind::snapshot, snapshot.id}); });
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("snapshot.deleted", [&](Session& session) {
    const auto row = find_snapshot_here(session, backend, snapshot.id, snapshot.operation_id);
    if (row) app::forget_snapshot(session, *row, now);
  });
}

}  // namespace

void work_on_snapshot(Backend& backend, const WorkOnSnapshot& message) {
  const openstack::Slots::Slot slot(backend.slots, message.snapshot_id);
  const auto snapshot = backend.core.database.read([&](Session& session) {
    return find_snapshot_here(session, backend, message.snapshot_id, message.operation_id);
  });
  if (!snapshot) return;
  if (snapshot->status == "creating") create_snapshot(backend, *snapshot);
  if (snapshot->status == "deleting") remove_snapshot(backend, *snapshot);
  if (snapshot->status == "managing") manage_snapshot(backend, *snapshot);
  if (snapshot->status == "unmanaging") unmanage_snapshot(backend, *snapshot);
}

}  // namespace cinder::volume
