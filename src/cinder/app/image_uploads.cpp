#include "cinder/app/image_uploads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/app/lifecycle.hpp"
#include "cinder/app/volumes.hpp"
#include "cinder/store/image_uploads.hpp"
#include "openstack/clients/answers.hpp"
#include "openstack/handlers.hpp"
#include "platform/log.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::Image;
using platform::Session;
using store::ImageUploadRow;
using store::VolumeRow;

// A request for an image has come true by then, or never will.
constexpr base::Duration kComingTrue = std::chrono::minutes{15};

// How long Glance may take to make an image. Nobody else knows of the upload meanwhile: if the
// cinder-api that asks has died, its owner is told then.
constexpr base::Duration kAskingGlance = std::chrono::seconds{90};

// What Glance keeps of an image itself (glance_core_properties): the rest of what the volume was
// told of its own image is a property of the new one.
constexpr std::array<std::string_view, 9> kCore{
    "checksum", "container_format", "disk_format", "image_name", "image_id",
    "min_disk", "min_ram",          "name",        "size"};

// Attributes of an image that are no properties: what a user has written under these names on the
// volume must not reach Glance, which takes more from Cinder than from the user.
constexpr std::array<std::string_view, 18> kAttributes{
    "created_at", "direct_url",    "file",  "id",         "locations",    "os_hash_algo",
    "os_hidden",  "os_hash_value", "owner", "protected",  "schema",       "self",
    "status",     "stores",        "tags",  "updated_at", "virtual_size", "visibility"};

bool is_property(std::string_view key) {
  return !key.starts_with("os_glance_") &&
         std::find(kCore.begin(), kCore.end(), key) == kCore.end() &&
         std::find(kAttributes.begin(), kAttributes.end(), key) == kAttributes.end();
}

// `owner`: the project of whoever asks, whose the image is.
base::Json document_of(const VolumeRow& volume, const std::string& owner,
                       const std::string& image_id, const ImageWish& wish) {
  base::JsonObject document;
  const base::JsonView known(volume.image_metadata);
  for (const auto& [key, value] : (*known).as_object())
    if (is_property(key)) document[key] = value;
  document["id"] = image_id;
  document["name"] = wish.name;
  document["owner"] = owner;
  document["disk_format"] = wish.disk_format;
  document["container_format"] = wish.container_format;
  document["visibility"] = wish.visibility.value_or("private");
  if (wish.is_protected) document["protected"] = *wish.is_protected;
  return document;
}

void check_uploadable(const VolumeRow& volume, bool force) {
  const bool may = volume.status == "available" || (force && volume.status == "in-use");
  if (may && !volume.pool.empty()) return;
  openstack::bad_request(fmt::format("Invalid volume: Volume {} status must be available{}",
                                     volume.id, force ? " or in-use" : ""));
}

void set_deadline(Session& session, VolumeRow& volume, base::TimePoint deadline) {
  const VolumeRow before = volume;
  volume.task_deadline = deadline;
  platform::update(session, volume, before);
}

VolumeRow begin(App& app, const openstack::Context& context, const std::string& volume_id,
                const ImageUploadRow& upload, bool force) {
  return app.database.write("upload.begin", [&](Session& session) {
    VolumeRow volume = get_volume(session, context, volume_id);
    check_uploadable(volume, force);
    begin_operation(session, volume,
                    {upload.operation_id, "uploading", volume_topic(backend_of(volume.pool)),
                     upload.created_at});
    set_deadline(session, volume, upload.created_at + kAskingGlance);
    platform::insert(session, upload);
    return volume;
  });
}

// The image is not forgotten as long as there may be one.
void cancel(App& app, const ImageUploadRow& upload, const Error& error) {
  const base::TimePoint now = app.now();
  app.database.write("upload.cancel", [&](Session& session) {
    if (openstack::clients::is_refusal(error)) store::delete_image_upload(session, upload.image_id);
    const auto volume =
        store::find_volume_in_operation(session, upload.volume_id, upload.operation_id);
    if (volume) end_operation(session, *volume, volume->previous_status, now);
  });
}

// False: the upload was ended.
bool hand_over(App& app, const openstack::Context& context, const ImageUploadRow& upload) {
  const base::TimePoint now = app.now();
  const auto work =
      app.message(origin_of(context), WorkOnVolume{upload.volume_id, upload.operation_id});
  return app.database.write("upload.hand_over", [&](Session& session) {
    auto volume = store::find_volume_in_operation(session, upload.volume_id, upload.operation_id);
    if (!volume) return false;
    set_deadline(session, *volume, now + kWorkDeadline);
    platform::enqueue(session, volume->task_owner, work, now);
    return true;
  });
}

// False: it is not there yet.
bool discard(App& app, const ImageUploadRow& upload) {
  const std::string request_id = "req-" + app.uuid();
  // An answer may be as old as its question.
  const base::TimePoint asked_at = app.now();
  if (!app.glance.find_image(upload.image_id, "", request_id))
    return asked_at - upload.created_at > kComingTrue;
  platform::log_warning("removing the image of an upload that ended image={} volume={}",
                        upload.image_id, upload.volume_id);
  app.glance.delete_image(upload.image_id, request_id);
  return true;
}

}  // namespace

BegunUpload begin_image_upload(App& app, const openstack::Context& context,
                               const std::string& volume_id, const ImageWish& wish) {
  const ImageUploadRow upload{app.uuid(), volume_id, app.uuid(), wish.disk_format, app.now()};
  VolumeRow volume =
      begin(app, context, volume_id, upload, wish.force && app.settings.enable_force_upload);
  Image image;
  try {
    image = app.glance.create_image(
        document_of(volume, context.project_id(), upload.image_id, wish), context.request_id);
  } catch (const Error& error) {
    cancel(app, upload, error);
    throw;
  }
  if (hand_over(app, context, upload)) return {std::move(volume), std::move(image)};
  // It may have been looked for before it was there.
  app.glance.delete_image(upload.image_id, context.request_id);
  throw Error(ErrorKind::conflict, "The upload of volume " + volume_id + " was ended.");
}

void remove_abandoned_images(App& app) {
  const auto abandoned = app.database.read(
      [now = app.now()](Session& session) { return store::list_abandoned_uploads(session, now); });
  for (const ImageUploadRow& upload : abandoned) try {
      if (!discard(app, upload)) continue;
      app.database.write("upload.abandoned", [&](Session& session) {
        store::delete_image_upload(session, upload.image_id);
      });
    } catch (const Error& error) {
      // It is tried again the next time.
      platform::log_error("image not removed image={} error={}", upload.image_id, error.what());
    }
}

}  // namespace cinder::app
