#include <fmt/format.h>

#include <algorithm>

#include "cinder/app/groups.hpp"
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
  fresh.group_id = wish.group_id;
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

// The group that it is to be in, which may have volumes of its type.
store::GroupRow find_its_group(Session& session, const openstack::Context& context,
                               const VolumeWish& wish) {
  store::touch_group(session, wish.group_id);
  auto group = get_group(session, context, wish.group_id);
  if (group.pool.empty() || !group.operation_id.empty())
    bad_request(
        fmt::format("Invalid group: Group {} status must be available, but current status is: {}.",
                    group.id, group.status));
  if (group.project_id != context.project_id())
    bad_request(
        fmt::format("Invalid input received: Group {} belongs to a different project.", group.id));
  if (wish.volume_type.empty())
    bad_request(
        "Invalid input received: volume_type must be provided when creating a volume in a group.");
  const auto types = store::list_volume_types_of_group(session, group.id);
  const auto type = get_volume_type(session, context, wish.volume_type);
  if (std::find(types.begin(), types.end(), type.id) == types.end())
    bad_request(
        fmt::format("Invalid input received: Invalid volume_type provided: {} (requested type must "
                    "be supported by this group).",
                    type.id));
  return group;
}

bool is_copy(const VolumeRow& volume) {
  return !volume.snapshot_id.empty() || !volume.source_volume_id.empty();
}

// Writes it and the message that asks for a pool.
VolumeRow begin_creation(Session& session, const App& app, const openstack::Context& context,
                         const VolumeWish& wish, VolumeRow volume,
                         const platform::Message& schedule) {
  const Source source = find_source(session, context, wish);
  volume.size_gib = volume.claimed_gib = size_of(wish, source);
  const auto type = type_of(session, app, context, wish, source);
  volume.volume_type_id = type.id;
  volume.multiattach = allows_multiattach(type);
  refuse_encrypted(session, volume.volume_type_id);
  volume.availability_zone = zone_of(session, app, wish.availability_zone, source.zone);
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
}

platform::Message scheduling_of(const App& app, const openstack::Context& context,
                                const VolumeRow& volume) {
  return app.message(origin_of(context), ScheduleVolume{volume.id, volume.operation_id});
}

}  // namespace

std::string zone_of(Session& session, const App& app, const std::string& wanted,
                    const std::string& otherwise) {
  if (wanted.empty()) return otherwise.empty() ? app.settings.zone : otherwise;
  for (const auto& service : store::list_services(session))
    if (service.binary_name == store::kVolumeBinary && !service.disabled &&
        service.availability_zone == wanted)
      return wanted;
  if (app.settings.zone_fallback) return app.settings.zone;
  bad_request(fmt::format("Invalid input received: Availability zone '{}' is invalid.", wanted));
}

VolumeRow create_volume(App& app, const openstack::Context& context, const VolumeWish& wish) {
  const VolumeRow fresh = fresh_volume(app, context, wish);
  const auto schedule = scheduling_of(app, context, fresh);
  return app.database.write("volume.create", [&](Session& session) {
    if (wish.group_id.empty()) return begin_creation(session, app, context, wish, fresh, schedule);
    const auto group = find_its_group(session, context, wish);
    VolumeWish in_group = wish;
    if (wish.availability_zone.empty()) in_group.availability_zone = group.availability_zone;
    return begin_creation(session, app, context, in_group, fresh, schedule);
  });
}

VolumeRow create_copy_for_group(Session& session, App& app, const openstack::Context& context,
                                const VolumeWish& wish) {
  const VolumeRow fresh = fresh_volume(app, context, wish);
  return begin_creation(session, app, context, wish, fresh, scheduling_of(app, context, fresh));
}

}  // namespace cinder::app
