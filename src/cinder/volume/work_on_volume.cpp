// What a back end does for a volume: one step of its provider, which may be done twice, and the
// word in the database that it is done. So there is no journal: whoever takes over begins again.
#include "cinder/app/attachments.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/user_messages.hpp"
#include "cinder/volume/exports.hpp"
#include "cinder/volume/image_disk.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using drivers::Item;
using drivers::Kind;
using platform::Session;
using store::VolumeRow;

constexpr std::string_view kAttached = "in-use";

// Nothing of the image is copied if the storage has it already. What fails here a copy may do.
bool clone_image(Backend& backend, const VolumeRow& volume, const openstack::clients::Image& image,
                 const std::string& request_id) {
  if (!backend.provider->clones_images() || image.status != "active" || !is_raw(image))
    return false;
  try {
    for (const std::string& location : backend.core.glance.list_locations(image.id, request_id))
      if (backend.provider->clone_image(location, volume.id, volume.size_gib)) return true;
  } catch (const base::Error& error) {
    platform::log_warning("image not cloned volume={} image={} error={} detail={}", volume.id,
                          image.id, error.what(), error.detail());
  }
  return false;
}

void make_of_image(Backend& backend, const VolumeRow& volume, const std::string& request_id) {
  const auto image = backend.core.glance.get_image(volume.image_id, "", request_id);
  if (clone_image(backend, volume, image, request_id)) return;
  const auto writer = backend.provider->write(volume.id, volume.size_gib);
  write_image(backend.core.glance, image, request_id,
              backend.options.conversion_directory + "/" + volume.id, *writer);
}

// The source may be in use.
void copy_volume(Backend& backend, const VolumeRow& volume) {
  const openstack::Slots::Slot slot(backend.slots, volume.source_volume_id);
  const ExportPause pause(backend, volume.source_volume_id);
  backend.provider->copy({Kind::volume, volume.source_volume_id}, volume.id, volume.size_gib);
}

void make_volume(Backend& backend, const VolumeRow& volume, const std::string& request_id) {
  drivers::Provider& provider = *backend.provider;
  if (!volume.snapshot_id.empty())
    provider.copy({Kind::snapshot, volume.snapshot_id}, volume.id, volume.size_gib);
  else if (!volume.source_volume_id.empty())
    copy_volume(backend, volume);
  else if (!volume.image_id.empty())
    make_of_image(backend, volume, request_id);
  else
    provider.create(volume.id, volume.size_gib);
}

// The volume if it still is in that operation, and here.
std::optional<VolumeRow> find_here(Session& session, const Backend& backend, const std::string& id,
                                   const std::string& operation_id) {
  auto volume = store::find_volume_in_operation(session, id, operation_id);
  if (!volume || volume->pool != backend.pool()) return std::nullopt;
  return volume;
}

// Another pool may do better.
void creation_failed(Backend& backend, const app::Origin& origin, const VolumeRow& volume) {
  const auto again = backend.core.message(origin, ScheduleVolume{volume.id, volume.operation_id});
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("volume.failed", [&](Session& session) {
    const auto row = find_here(session, backend, volume.id, volume.operation_id);
    if (row) app::creation_failed(session, *row, backend.core.settings.max_attempts, again, now);
  });
}

void end_as(Backend& backend, const VolumeRow& volume, std::string_view status,
            const std::function<void(VolumeRow&)>& change = nullptr) {
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("volume.done", [&](Session& session) {
    auto row = find_here(session, backend, volume.id, volume.operation_id);
    if (!row) return;
    const VolumeRow before = *row;
    if (change) change(*row);
    platform::update(session, *row, before);
    app::end_operation(session, *row, status, now);
    // It may have been detached meanwhile.
    if (row->previous_status == kAttached) app::follow_attachments(session, row->id, now);
  });
}

void leave_message(Backend& backend, const app::Origin& origin, const VolumeRow& volume,
                   app::UserAction action, app::UserDetail detail) {
  const auto message = app::message_of(backend.core, origin, volume, action, detail);
  backend.core.database.write("volume.message",
                              [&](Session& session) { platform::insert(session, message); });
}

void create(Backend& backend, const app::Origin& origin, const VolumeRow& volume) {
  try {
    make_volume(backend, volume, origin.request_id);
  } catch (const base::Error& error) {
    platform::log_error("volume not made volume={} error={}", volume.id, error.what());
    // Storage that does not answer keeps a piece: the reconciler finds that it has no owner.
    despite_errors(volume.id, [&] { backend.remove({Kind::volume, volume.id}); });
    if (!volume.image_id.empty())
      leave_message(backend, origin, volume, app::UserAction::copy_image_to_volume,
                    app::UserDetail::unknown_error);
    return creation_failed(backend, origin, volume);
  }
  const base::TimePoint now = backend.core.now();
  end_as(backend, volume, "available", [now](VolumeRow& row) { row.launched_at = now; });
}

// Their guests see the new size when their hosts know of it. One that is not told, or not heard,
// sees it when it starts anew.
void tell_servers(Backend& backend, const std::string& volume_id, const std::string& request_id) {
  std::vector<openstack::clients::ServerEvent> events;
  for (const auto& attachment : backend.core.database.read(
           [&](Session& session) { return store::list_attachments_of_volume(session, volume_id); }))
    if (attachment.made_by_nova)
      events.push_back({"volume-extended", attachment.server_id, volume_id});
  if (events.empty()) return;
  try {
    backend.core.nova.send_events(events, request_id);
  } catch (const base::Error& error) {
    platform::log_warning("servers not told of a larger volume volume={} error={}", volume_id,
                          error.what());
  }
}

void extend(Backend& backend, const app::Origin& origin, const VolumeRow& volume) {
  try {
    // The target tells its size only when it is opened.
    const ExportPause pause(backend, volume.id);
    backend.provider->extend(volume.id, volume.claimed_gib);
  } catch (const base::Error& error) {
    platform::log_error("volume not extended volume={} error={}", volume.id, error.what());
    leave_message(backend, origin, volume, app::UserAction::extend_volume,
                  app::UserDetail::driver_failed_extend);
    return end_as(backend, volume, "error_extending");
  }
  end_as(backend, volume, volume.previous_status,
         [](VolumeRow& row) { row.size_gib = row.claimed_gib; });
  tell_servers(backend, volume.id, origin.request_id);
}

void remove(Backend& backend, const VolumeRow& volume) {
  with_patience("Volume " + volume.id + " could not be deleted.", [&] {
    close_export(backend, volume.id);
    backend.remove({Kind::volume, volume.id});
  });
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("volume.deleted", [&](Session& session) {
    const auto row = find_here(session, backend, volume.id, volume.operation_id);
    if (row) app::forget_volume(session, *row, now);
  });
}

}  // namespace

void work_on_volume(Backend& backend, const app::Origin& origin, const WorkOnVolume& message) {
  const openstack::Slots::Slot slot(backend.slots, message.volume_id);
  const auto volume = backend.core.database.read([&](Session& session) {
    return find_here(session, backend, message.volume_id, message.operation_id);
  });
  if (!volume) return;
  if (volume->status == "creating") create(backend, origin, *volume);
  if (volume->status == "extending") extend(backend, origin, *volume);
  if (volume->status == "deleting") remove(backend, *volume);
  if (volume->status == "uploading") upload_volume(backend, origin, *volume);
  if (volume->status == "retyping" || volume->status == "maintenance")
    move_volume(backend, *volume);
  if (volume->status == "reverting") revert_volume(backend, *volume);
  if (volume->status == "downloading") reimage_volume(backend, origin, *volume);
  if (volume->status == "managing") manage_volume(backend, *volume);
  if (volume->status == "unmanaging") unmanage_volume(backend, *volume);
}

}  // namespace cinder::volume
