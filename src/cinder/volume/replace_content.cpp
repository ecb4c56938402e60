// Volumes that get another content. The provider puts it in the place of what was there at once,
// when it is whole: whoever takes over begins again.
#include "cinder/app/attachments.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/user_messages.hpp"
#include "cinder/store/reimages.hpp"
#include "cinder/volume/exports.hpp"
#include "cinder/volume/image_disk.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using platform::Session;
using store::ReimageRow;
using store::VolumeRow;

bool try_to_revert(Backend& backend, const VolumeRow& volume) {
  const auto snapshot = backend.core.database.read([&](Session& session) {
    return store::find_restored_snapshot(session, volume.id, volume.operation_id);
  });
  if (!snapshot) return false;  // an administrator has ended that
  try {
    close_export(backend, volume.id);
    backend.provider->revert(volume.id, snapshot->id, volume.size_gib);
    return true;
  } catch (const base::Error& error) {
    platform::log_error("volume not reverted volume={} snapshot={} error={}", volume.id,
                        snapshot->id, error.what());
    return false;
  }
}

bool try_to_write(Backend& backend, const VolumeRow& volume, const ReimageRow& reimage,
                  const std::string& request_id) {
  try {
    const auto image = backend.core.glance.get_image(reimage.image_id, "", request_id);
    close_export(backend, volume.id);
    const auto writer = backend.provider->write(volume.id, volume.size_gib);
    write_image(backend.core.glance, image, request_id,
                backend.options.conversion_directory + "/" + volume.id, *writer);
    return true;
  } catch (const base::Error& error) {
    platform::log_error("volume not re-imaged volume={} image={} error={}", volume.id,
                        reimage.image_id, error.what());
    return false;
  }
}

// `written`: its content is the image's now; null: it is what it was.
void end_reimage(Backend& backend, const VolumeRow& volume, const ReimageRow* written,
                 const store::MessageRow& message) {
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("volume.reimaged", [&](Session& session) {
    auto row = store::find_volume_in_operation(session, volume.id, volume.operation_id);
    if (!row) return;
    if (!written) {
      platform::insert(session, message);
      return app::end_operation(session, *row, "error", now);
    }
    const VolumeRow before = *row;
    row->image_id = written->image_id;
    row->image_metadata = written->image_metadata;
    row->bootable = true;
    platform::update(session, *row, before);
    app::end_operation(session, *row, "available", now);
    // Reserved for whom it still is.
    app::follow_attachments(session, row->id, now);
  });
}

}  // namespace

void revert_volume(Backend& backend, const VolumeRow& volume) {
  const char* const status = try_to_revert(backend, volume) ? "available" : "error";
  const base::TimePoint now = backend.core.now();
  backend.core.database.write("volume.reverted", [&](Session& session) {
    const auto row = store::find_volume_in_operation(session, volume.id, volume.operation_id);
    if (row) app::end_operation(session, *row, status, now);
  });
}

void reimage_volume(Backend& backend, const app::Origin& origin, const VolumeRow& volume) {
  const auto reimage = backend.core.database.read([&](Session& session) {
    return store::find_reimage(session, volume.id, volume.operation_id);
  });
  const bool done = reimage && try_to_write(backend, volume, *reimage, origin.request_id);
  end_reimage(backend, volume, done ? &*reimage : nullptr,
              app::message_of(backend.core, origin, volume, app::UserAction::reimage_volume,
                              app::UserDetail::unknown_error));
}

}  // namespace cinder::volume
