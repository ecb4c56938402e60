#include "cinder/app/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using openstack::clients::Image;

constexpr int64_t kGib = int64_t{1} << 30;
// Members of the image's document that are not its own properties.
constexpr std::array<std::string_view, 6> kShown{"container_format", "disk_format", "min_disk",
                                                 "min_ram",          "size",        "checksum"};

}  // namespace

std::string image_metadata_of(const Image& image) {
  openstack::Metadata metadata;
  metadata["image_id"] = image.id;
  metadata["image_name"] = image.name;
  if (!image.properties.is_object()) return base::to_text(base::to_json(metadata));
  for (const auto& [key, value] : image.properties.get_object()) {
    const bool shown = std::find(kShown.begin(), kShown.end(), key) != kShown.end();
    const bool property =
        value.is_string() && !key.starts_with("os_hash_") &&
        (key.starts_with("hw_") || key.starts_with("os_") || key.starts_with("img_"));
    if (shown || property) metadata[std::string(key)] = openstack::text_of(value);
  }
  return base::to_text(base::to_json(metadata));
}

Image usable_image(App& app, const openstack::Context& context, const std::string& id,
                   int64_t size_gib) {
  Image image = app.glance.get_image(id, context.project_id(), context.request_id);
  if (image.status != "active")
    bad_request(fmt::format("Invalid input received: Image {} is not active.", id));
  const int64_t bytes = std::max(image.size, image.virtual_size);
  if (bytes > size_gib * kGib)
    bad_request(
        fmt::format("Invalid input received: Size of specified image {}GB is larger than "
                    "volume size {}GB.",
                    (bytes + kGib - 1) / kGib, size_gib));
  if (image.min_disk > size_gib)
    bad_request(
        fmt::format("Invalid input received: Volume size {}GB cannot be smaller than the "
                    "image minDisk size {}GB.",
                    size_gib, image.min_disk));
  return image;
}

}  // namespace cinder::app
