#include "nova/app/server_images.hpp"

#include <fmt/format.h>

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;

constexpr size_t kMaxMapped = 64;

[[noreturn]] void refuse_mapping_of(const openstack::clients::Image& image) {
  throw Error(
      ErrorKind::bad_request,
      fmt::format("Block Device Mapping is Invalid: that of image {} can not be read.", image.id));
}

BlockDeviceWish wish_of(const Json& mapped) {
  BlockDeviceWish wish;
  wish.source = base::text_or(mapped, "source_type");
  wish.destination = base::text_or(mapped, "destination_type");
  wish.id = base::text_or(mapped, wish.source + "_id");
  wish.size = base::integer_or(mapped, "volume_size", 0);
  if (const int64_t index = base::integer_or(mapped, "boot_index", -1); index >= 0)
    wish.boot_index = index;
  wish.delete_on_termination = base::boolean_or(mapped, "delete_on_termination", false);
  wish.volume_type = base::text_or(mapped, "volume_type");
  wish.tag = base::text_or(mapped, "tag");
  wish.guest_format = base::text_or(mapped, "guest_format");
  return wish;
}

}  // namespace

bool boots_from_volume(const store::InstanceRow& server) { return server.image_id.empty(); }

std::vector<BlockDeviceWish> block_devices_of(const openstack::clients::Image& image) {
  const std::string text = base::text_or(image.properties, "block_device_mapping");
  if (text.empty()) return {};
  std::vector<BlockDeviceWish> wishes;
  try {
    const Json mapping = base::parse_json(text);
    for (const Json& mapped : mapping.as_array()) wishes.push_back(wish_of(mapped));
  } catch (const std::exception&) {
    refuse_mapping_of(image);
  }
  if (wishes.size() > kMaxMapped) refuse_mapping_of(image);
  return wishes;
}

}  // namespace nova::app
