#include "cinder/app/replace_content.hpp"

#include <fmt/format.h>

#include <tuple>

#include "cinder/app/images.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/volumes.hpp"
#include "cinder/store/attachments.hpp"
#include "cinder/store/reimages.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using platform::Session;
using store::SnapshotRow;
using store::VolumeRow;

SnapshotRow get_latest_snapshot(Session& session, const VolumeRow& volume) {
  auto snapshots = store::list_snapshots_of_volume(session, volume.id);
  if (snapshots.empty())
    bad_request(fmt::format("Volume {} doesn't have any snapshots.", volume.id));
  return *std::max_element(snapshots.begin(), snapshots.end(), [](const auto& a, const auto& b) {
    return std::tie(a.created_at, a.id) < std::tie(b.created_at, b.id);
  });
}

void check_revertible(Session& session, const VolumeRow& volume, const SnapshotRow& latest,
                      const std::string& wanted) {
  if (latest.id != wanted)
    bad_request(fmt::format("Specified snapshot {} is None or not the latest one of volume {}.",
                            wanted.empty() ? "None" : wanted, volume.id));
  if (volume.size_gib != latest.size_gib)
    bad_request(
        fmt::format("Can't revert volume {} to its latest snapshot {}. The volume size must be "
                    "equal to the snapshot size.",
                    volume.id, latest.id));
  // Attached ones whose status an administrator has reset are in use all the same.
  if (volume.status != "available" || store::has_attachments(session, volume.id))
    openstack::conflict(
        fmt::format("Invalid volume: Can't revert volume {} to its latest snapshot. Volume's "
                    "status must be 'available'.",
                    volume.id));
  if (latest.status != "available")
    openstack::conflict(
        fmt::format("Invalid snapshot: Can't revert volume {} to its latest snapshot. Snapshot's "
                    "status must be 'available'.",
                    latest.id));
}

// It has no owner of its own: who works on the volume, or gives that up, ends it with that.
void begin_restoring(Session& session, SnapshotRow snapshot, const std::string& operation_id,
                     base::TimePoint now) {
  const SnapshotRow before = snapshot;
  snapshot.status = "restoring";
  snapshot.operation_id = operation_id;
  snapshot.updated_at = now;
  platform::update(session, snapshot, before);
}

void check_reimageable(Session& session, const VolumeRow& volume, Reserved reserved) {
  const bool may = volume.status == "available" || volume.status == "error" ||
                   (reserved == Reserved::allow && volume.status == "reserved");
  if (!may || volume.pool.empty() || store::is_within_reach(session, volume.id))
    bad_request(
        fmt::format("Invalid volume: Volume {} status must be available or error{} and it must be "
                    "in a back end to be re-imaged, but current status is: {}.",
                    volume.id, reserved == Reserved::allow ? " or reserved" : "", volume.status));
}

}  // namespace

void revert_volume(App& app, const openstack::Context& context, const std::string& id,
                   const std::string& snapshot_id) {
  const base::TimePoint now = app.now();
  const std::string operation = app.uuid();
  const auto work = app.message(origin_of(context), WorkOnVolume{id, operation});
  app.database.write("volume.revert", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    const SnapshotRow latest = get_latest_snapshot(session, volume);
    check_revertible(session, volume, latest, snapshot_id);
    begin_restoring(session, latest, operation, now);
    begin_operation(session, volume,
                    {operation, "reverting", volume_topic(backend_of(volume.pool)), now});
    platform::enqueue(session, volume_topic(backend_of(volume.pool)), work, now);
  });
}

void reimage_volume(App& app, const openstack::Context& context, const std::string& id,
                    const std::string& image_id, Reserved reserved) {
  const int64_t size_gib = app.database.read([&](Session& session) {
    const VolumeRow volume = get_volume(session, context, id);
    check_reimageable(session, volume, reserved);
    return volume.size_gib;
  });
  const auto image = usable_image(app, context, image_id, size_gib);
  const base::TimePoint now = app.now();
  const store::ReimageRow reimage{id, app.uuid(), image.id, image_metadata_of(image)};
  const auto work = app.message(origin_of(context), WorkOnVolume{id, reimage.operation_id});
  app.database.write("volume.reimage", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, id);
    check_reimageable(session, volume, reserved);
    platform::replace(session, reimage);
    begin_operation(
        session, volume,
        {reimage.operation_id, "downloading", volume_topic(backend_of(volume.pool)), now});
    platform::enqueue(session, volume_topic(backend_of(volume.pool)), work, now);
  });
}

}  // namespace cinder::app
