#include <fmt/format.h>

#include <algorithm>

#include "cinder/app/images.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/app/quotas.hpp"
#include "cinder/app/snapshots.hpp"
#include "cinder/app/volume_types.hpp"
#include "cinder/app/volumes.hpp"
#include "cinder/store/services.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::bad_request;
using platform::Session;
using store::VolumeRow;

// What a copy takes over from what it is made from.
struct Source {
  int64_t size_gib = 0;
  std::string volume_type_id;
  std::string zone;
  bool bootable = false;
  std::string image_metadata = "{}";
  std::string image_id;
};

Source source_of(const VolumeRow& volume) {
  return {volume.size_gib, volume.volume_type_id, volume.availability_zone,
          volume.bootable, volume.image_metadata, volume.image_id};
}

Source find_source(Session& session, const openstack::Context& context, const VolumeWish& wish) {
  if (!wish.snapshot_id.empty()) {
    const auto snapshot = get_snapshot(session, context, wish.snapshot_id);
    if (snapshot.status != "available")
      bad_request(
          "Invalid snapshot: Originating snapshot status must be one of 'available' values");
    Source source;
    if (const auto volume = store::find_volume(session, snapshot.volume_id))
      source = source_of(*volume);
    source.size_gib = snapshot.size_gib;
    source.volume_type_id = snapshot.volume_type_id;
    return source;
  }
  if (wish.source_volume_id.empty()) return {};
  const auto volume = get_volume(session, context, wish.source_volume_id);
  if (volume.status != "available" && volume.status != "in-use")
    bad_request(
        "Invalid volume: Originating volume status must be one of 'available, in-use' values");
  return source_of(volume);
}

int64_t size_of(const VolumeWish& wish, const Source& source) {
  const int64_t size = wish.size_gib.value_or(source.size_gib);
  if (size <= 0)
    bad_request(
        fmt::format("Invalid input received: Invalid volume size provided for create request: "
                    "{} (size argument must be an integer (or string representation of an "
                    "integer) and greater than zero).",
                    wish.size_gib ? std::to_string(size) : "None"));
  if (size < source.size_gib)
    bad_request(fmt::format(
        "Invalid input received: Invalid volume size provided for create request: "
        "Volume size '{}'GB cannot be smaller than the {} size {}GB. They must be "
        ">= original size.",
        size, wish.snapshot_id.empty() ? "original volume" : "snapshot", source.size_gib));
  return size;
}

store::VolumeTypeRow type_of(Session& session, const App& app, const openstack::Context& context,
                             const VolumeWish& wish, const Source& source) {
  if (!wish.volume_type.empty()) return get_volume_type(session, context, wish.volume_type);
  if (!source.volume_type_id.empty())
    if (auto type = store::find_volume_type(session, source.volume_type_id)) return *type;
  return get_volume_type(session, context, app.settings.default_volume_type);
}

bool allows_multiattach(const store::VolumeTypeRow& type) {
  return base::text_or(base::parse_json(type.extra_specs), "multiattach") == "<is> True";
}

std::string zone_of(Session& session, const App& app, const VolumeWish& wish,
                    const Source& source) {
  if (wish.availability_zone.empty()) return source.zone.empty() ? app.settings.zone : source.zone;
  for (const auto& service : store::list_services(session))
    if (service.binary_name == store::kVolumeBinary && !service.disabled &&
        service.availability_zone == wish.availability_zone)
      return wish.availability_zone;
  if (app.settings.zone_fallback) return app.settings.zone;
  bad_request(fmt::format("Invalid input received: Availability zone '{}' is invalid.",
                          wish.availability_zone));
}

// As far as it is known before the transaction.
VolumeRow fresh_volume(App& app, const openstack::Context& context, const VolumeWish& wish) {
  const base::TimePoint now = app.now();
  VolumeRow fresh;
  fresh.id = app.uuid();
  fresh.project_id = context.project_id();
  fresh.user_id = context.user_id();
  fresh.name = wish.name;
  fresh.description = wish.description;
  fresh.status = "creating";
  fresh.metadata = base::to_text(base::to_json(wish.metadata));
  fresh.snapshot_id = wish.snapshot_id;
  fresh.source_volume_id = wish.source_volume_id;
  fresh.scheduler_hints = base::to_text(wish.scheduler_hints);
  fresh.operation_id = app.uuid();
  fresh.task_owner = kSchedulerTopic;
  fresh.task_deadline = now + kScheduleDeadline;
  fresh.attempts = 1;
  fresh.created_at = now;
  if (wish.image_id.empty()) return fresh;
  const auto image = usable_image(app, context, wish.image_id, size_of(wish, {}));
  fresh.image_id = image.id;
  fresh.image_metadata = image_metadata_of(image);
  fresh.bootable = true;
  return fresh;
}

bool is_copy(const VolumeRow& volume) {
  return !volume.snapshot_id.empty() || !volume.source_volume_id.empty();
}

}  // namespace

VolumeRow create_volume(App& app, const openstack::Context& context, const VolumeWish& wish) {
  const VolumeRow fresh = fresh_volume(app, context, wish);
  const auto schedule =
      app.message(origin_of(context), ScheduleVolume{fresh.id, fresh.operation_id});
  return app.database.write("volume.create", [&](Session& session) {
    const Source source = find_source(session, context, wish);
    VolumeRow volume = fresh;
    volume.size_gib = volume.claimed_gib = size_of(wish, source);
    const auto type = type_of(session, app, context, wish, source);
    volume.volume_type_id = type.id;
    volume.multiattach = allows_multiattach(type);
    refuse_encrypted(session, volume.volume_type_id);
    volume.availability_zone = zone_of(session, app, wish, source);
    if (is_copy(volume)) {
      volume.bootable = source.bootable;
      volume.image_metadata = source.image_metadata;
      volume.image_id = source.image_id;
    }
    check_quota(session, app.settings, volume.project_id,
                {volume.volume_type_id, 1, 0, volume.size_gib});
    platform::insert(session, volume);
    platform::enqueue(session, std::string(kSchedulerTopic), schedule, volume.created_at);
    return volume;
  });
}

}  // namespace cinder::app
