#include "nova/app/block_devices.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "nova/app/images.hpp"
#include "nova/app/local_disks.hpp"
#include "nova/app/server_images.hpp"
#include "nova/app/server_volumes.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::Caller;
using openstack::clients::Volume;

[[noreturn]] void refuse_mapping(const std::string& why) {
  throw Error(ErrorKind::bad_request, "Block Device Mapping is Invalid: " + why);
}

Caller caller_of(const openstack::Context& context) { return {context.token, context.request_id}; }

bool is_root(const BlockDeviceWish& wish) { return wish.boot_index == 0; }

bool is_root_volume(const BlockDeviceWish& wish) {
  return is_root(wish) && wish.destination == "volume";
}

void check_wish(const BlockDeviceWish& wish) {
  const bool is_blank = wish.source == "blank";
  if (is_blank && !wish.id.empty()) refuse_mapping("Invalid device UUID.");
  if (!is_blank && wish.id.empty()) refuse_mapping("Missing device UUID.");
  if (is_blank && is_root(wish)) refuse_mapping("a blank disk can not be booted.");
  if (wish.destination == "local" && !is_blank && !is_root(wish))
    refuse_mapping("Mapping image to local is not supported.");
  if (wish.destination == "local" && !wish.volume_type.empty())
    refuse_mapping("Specifying a volume_type with destination_type=local is not supported.");
  if ((wish.source == "blank" || wish.source == "image") && wish.destination == "volume" &&
      wish.size == 0)
    refuse_mapping(
        "Images and blank volumes with destination_type 'volume' need to have a "
        "non-zero size specified");
}

void check_local_disks(const App& app, const BlockDevicePlan& plan) {
  const size_t count = plan.local_disks.size() + (plan.boots_from_volume ? 0 : 1);
  const int64_t limit = app.settings.max_local_block_devices;
  if (limit >= 0 && static_cast<int64_t>(count) > limit)
    refuse_mapping("You specified more local devices than the limit allows");
}

void check_boot_sequence(const std::vector<BlockDeviceWish>& wishes, bool has_image) {
  const auto roots = std::count_if(wishes.begin(), wishes.end(), is_root);
  if (roots > 1 || (roots == 0 && !has_image))
    refuse_mapping(
        "Boot sequence for the instance and image/block device mapping "
        "combination is not valid.");
}

// In the user's words: what he named is not there, or not his.
Volume volume_of_user(App& app, const openstack::Context& context, const std::string& id) {
  try {
    return app.cinder.get_volume(caller_of(context), id);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) refuse_mapping("failed to get volume " + id + ".");
    throw;
  }
}

void check_existing(const openstack::Context& context, const BlockDeviceWish& wish,
                    const Volume& volume) {
  if (is_root(wish) && !volume.bootable)
    refuse_mapping("Block Device " + wish.id + " is not bootable.");
  refuse_early_multiattach(context, volume);
}

openstack::clients::Image image_of(const Volume& volume) {
  openstack::clients::Image image;
  image.properties = volume.image_metadata;
  return image;
}

void check_sources(App& app, const openstack::Context& context, const BlockDeviceWish& wish,
                   const store::FlavorRow& flavor, BlockDevicePlan& plan) {
  if (wish.source == "volume") {
    const Volume volume = volume_of_user(app, context, wish.id);
    check_existing(context, wish, volume);
    if (is_root(wish)) plan.image = image_of(volume);
  }
  if (wish.source == "image") {
    const auto image = usable_image(app, context, wish.id, {flavor.memory_mib, wish.size});
    if (is_root(wish)) plan.image = image;
  }
  if (wish.source == "snapshot")
    static_cast<void>(app.cinder.get_snapshot_size(caller_of(context), wish.id));
}

store::ServerVolumeRow row_of(const App& app, const BlockDeviceWish& wish,
                              const std::string& server_id, base::TimePoint now) {
  store::ServerVolumeRow row;
  row.id = app.uuid();
  row.server_id = server_id;
  row.boot_index = wish.boot_index.value_or(-1);
  row.delete_on_termination = wish.delete_on_termination;
  row.tag = wish.tag;
  row.created_at = now;
  return row;
}

}  // namespace

BlockDevicePlan plan_block_devices(App& app, const openstack::Context& context,
                                   const std::string& image_id,
                                   const std::vector<BlockDeviceWish>& wishes,
                                   const store::FlavorRow& flavor) {
  BlockDevicePlan plan;
  std::vector<BlockDeviceWish> all = wishes;
  const bool has_root_volume = std::any_of(wishes.begin(), wishes.end(), is_root_volume);
  if (!image_id.empty() && !has_root_volume) {
    plan.image = usable_image(app, context, image_id, {flavor.memory_mib, flavor.disk_gib});
    for (BlockDeviceWish& mapped : block_devices_of(plan.image)) all.push_back(std::move(mapped));
  }
  for (const BlockDeviceWish& wish : all) {
    check_wish(wish);
    if (wish.destination == "local") continue;
    plan.boots_from_volume = plan.boots_from_volume || is_root(wish);
    plan.volumes.insert(is_root(wish) ? plan.volumes.begin() : plan.volumes.end(), wish);
  }
  check_boot_sequence(all, !image_id.empty());
  plan.local_disks = plan_local_disks(all, flavor);
  check_local_disks(app, plan);
  for (const BlockDeviceWish& wish : plan.volumes) check_sources(app, context, wish, flavor, plan);
  return plan;
}

NewVolumes::~NewVolumes() {
  for (const Taken& taken : taken_) undo(taken);
}

void NewVolumes::undo(const Taken& taken) const {
  try {
    app_.cinder.release(taken.volume_id, taken.server_id, context_.request_id);
    if (taken.made) app_.cinder.discard_volume(taken.volume_id, context_.request_id);
  } catch (const Error& error) {
    platform::log_warning("volume of a server that was not made is left volume={} error={}",
                          taken.volume_id, error.what());
  }
}

void NewVolumes::keep(const std::string& server_id) {
  std::erase_if(taken_, [&](const Taken& taken) { return taken.server_id == server_id; });
}

std::string NewVolumes::take(const BlockDeviceWish& wish, const std::string& server_id) {
  if (wish.source == "volume") {
    static_cast<void>(app_.cinder.create_attachment(wish.id, server_id, context_.request_id));
    taken_.push_back({wish.id, server_id, false});
    return wish.id;
  }
  openstack::clients::VolumeRequest wanted;
  wanted.size_gib = wish.size;
  wanted.volume_type = wish.volume_type;
  if (wish.source == "image") wanted.image_id = wish.id;
  if (wish.source == "snapshot") wanted.snapshot_id = wish.id;
  if (wish.source == "blank") wanted.name = server_id + "-blank-vol";
  const std::string id = app_.cinder.create_volume(caller_of(context_), wanted).id;
  taken_.push_back({id, server_id, true});
  return id;
}

std::vector<store::ServerVolumeRow> NewVolumes::make(const BlockDevicePlan& plan,
                                                     const std::string& server_id) {
  std::vector<store::ServerVolumeRow> rows;
  const base::TimePoint now = app_.now();
  for (const BlockDeviceWish& wish : plan.volumes) {
    // In their order also where rows are sorted by the time of their making.
    auto row = row_of(app_, wish, server_id, now + std::chrono::microseconds{rows.size()});
    row.volume_id = take(wish, server_id);
    row.device_name =
        is_root(wish) ? "/dev/vda" : free_device_name(device_names_of(plan.local_disks, rows));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace nova::app
