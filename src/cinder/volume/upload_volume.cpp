// A volume as an image of Glance, the other way round from image_disk.cpp's write_image(). Whoever
// takes over begins again, or, if Glance does not take the bytes a second time, undoes it.
#include "cinder/app/image_uploads.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/user_messages.hpp"
#include "cinder/store/image_uploads.hpp"
#include "cinder/volume/backend.hpp"
#include "cinder/volume/image_disk.hpp"
#include "platform/log.hpp"

namespace cinder::volume {
namespace {

using platform::Session;
using store::ImageUploadRow;
using store::VolumeRow;

void send_image(Backend& backend, const ImageUploadRow& upload, const std::string& request_id) {
  auto& glance = backend.core.glance;
  // Whole, if the last process died just before it could say so.
  if (glance.get_image(upload.image_id, "", request_id).status == "active") return;
  const std::string scratch = backend.options.conversion_directory + "/" + upload.image_id;
  glance.upload(
      upload.image_id,
      read_as_image(backend.provider->read(upload.volume_id), upload.disk_format, scratch),
      request_id);
}

// True: the image is whole. False: it is gone, or app::remove_abandoned_images() will see to that.
bool try_to_send(Backend& backend, const ImageUploadRow& upload, const std::string& request_id) {
  try {
    send_image(backend, upload, request_id);
    return true;
  } catch (const base::Error& error) {
    platform::log_error("volume not uploaded volume={} image={} error={}", upload.volume_id,
                        upload.image_id, error.what());
    return false;
  }
}

// The upload's row stays if the image is to be removed.
void end_upload(Backend& backend, const app::Origin& origin, const VolumeRow& volume,
                const std::string& whole_image) {
  const base::TimePoint now = backend.core.now();
  const auto message =
      app::message_of(backend.core, origin, volume, app::UserAction::copy_volume_to_image,
                      app::UserDetail::failed_to_upload_volume);
  backend.core.database.write("volume.uploaded", [&](Session& session) {
    const auto row = store::find_volume_in_operation(session, volume.id, volume.operation_id);
    if (!row) return;
    if (whole_image.empty()) platform::insert(session, message);
    if (!whole_image.empty()) store::delete_image_upload(session, whole_image);
    app::end_operation(session, *row, volume.previous_status, now);
  });
}

}  // namespace

void upload_volume(Backend& backend, const app::Origin& origin, const VolumeRow& volume) {
  const auto upload = backend.core.database.read(
      [&](Session& session) { return store::find_image_upload(session, volume.operation_id); });
  const bool whole = upload && try_to_send(backend, *upload, origin.request_id);
  end_upload(backend, origin, volume, whole ? upload->image_id : "");
  if (!whole) app::remove_abandoned_images(backend.core);
}

}  // namespace cinder::volume
