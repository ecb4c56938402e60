#include "nova/api/block_devices.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/api/common.hpp"

namespace nova::api {
namespace {

using app::BlockDeviceWish;
using base::Json;

std::optional<int64_t> boot_index_of(const Json& device) {
  const Json* index = base::find(device, "boot_index");
  if (!index || index->is_null()) return std::nullopt;
  const int64_t number = integer_of(*index);
  return number < 0 ? std::nullopt : std::optional(number);
}

BlockDeviceWish read_device(const Json& device) {
  BlockDeviceWish wish;
  wish.source = base::text_or(device, "source_type", "blank");
  // As Nova takes it: what is a volume already stays one.
  const bool is_volume = wish.source == "volume" || wish.source == "snapshot";
  wish.destination = base::text_or(device, "destination_type", is_volume ? "volume" : "local");
  wish.id = base::text_or(device, "uuid");
  if (!wish.id.empty() && !base::is_uuid_like(wish.id))
    bad_request("Block Device Mapping is Invalid: " + wish.id + " is no uuid.");
  if (const Json* size = base::find(device, "volume_size"); size && !size->is_null())
    wish.size = integer_of(*size);
  wish.boot_index = boot_index_of(device);
  if (const Json* flag = base::find(device, "delete_on_termination"); flag && !flag->is_null())
    wish.delete_on_termination = flag_of(*flag);
  wish.volume_type = base::text_or(device, "volume_type");
  wish.tag = base::text_or(device, "tag");
  wish.guest_format = base::text_or(device, "guest_format");
  if (is_volume && wish.destination != "volume")
    bad_request(
        "Block Device Mapping is Invalid: a volume or snapshot needs destination_type volume.");
  return wish;
}

// {"volume_id" or "snapshot_id", "device_name": "vda", ...}: the first one named vda is booted.
BlockDeviceWish read_former_device(const Json& device) {
  BlockDeviceWish wish;
  wish.id = base::text_or(device, "volume_id");
  wish.source = wish.id.empty() ? "snapshot" : "volume";
  if (wish.id.empty()) wish.id = base::text_or(device, "snapshot_id");
  wish.destination = "volume";
  if (const Json* size = base::find(device, "volume_size"); size && !size->is_null())
    wish.size = integer_of(*size);
  if (const Json* flag = base::find(device, "delete_on_termination"); flag && !flag->is_null())
    wish.delete_on_termination = flag_of(*flag);
  if (base::text_or(device, "device_name").ends_with("da")) wish.boot_index = 0;
  if (!base::is_uuid_like(wish.id))
    bad_request("Block Device Mapping is Invalid: it names no volume or snapshot.");
  return wish;
}

}  // namespace

RequestedDisks read_disks(const Json& server) {
  RequestedDisks disks;
  if (const Json* reference = base::find(server, "imageRef"))
    disks.image_id = id_of_reference(*reference);
  const Json* devices = base::find(server, "block_device_mapping_v2");
  const Json* former = base::find(server, "block_device_mapping");
  if (devices && former)
    bad_request(
        "Using different block_device_mapping syntaxes is not allowed in the same request.");
  if (devices)
    for (const Json& device : devices->as_array()) disks.devices.push_back(read_device(device));
  if (former)
    for (const Json& device : former->as_array())
      disks.devices.push_back(read_former_device(device));
  for (const BlockDeviceWish& wish : disks.devices)
    if (wish.destination == "local" && wish.boot_index == 0 && disks.image_id.empty())
      disks.image_id = wish.id;
  if (disks.image_id.empty() && disks.devices.empty()) bad_request("Missing imageRef attribute");
  if (!disks.image_id.empty() && !base::is_uuid_like(disks.image_id))
    bad_request("Invalid imageRef provided.");
  return disks;
}

}  // namespace nova::api
