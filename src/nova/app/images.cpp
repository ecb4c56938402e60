#include "nova/app/images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::Image;

constexpr int64_t kGiB = int64_t{1} << 30;

// What Glance itself keeps of an image.
constexpr std::array<std::string_view, 26> kAttributesOfGlance{"checksum",
                                                               "container_format",
                                                               "created_at",
                                                               "direct_url",
                                                               "disk_format",
                                                               "file",
                                                               "id",
                                                               "locations",
                                                               "min_disk",
                                                               "min_ram",
                                                               "name",
                                                               "os_hash_algo",
                                                               "os_hidden",
                                                               "owner",
                                                               "os_hash_value",
                                                               "protected",
                                                               "schema",
                                                               "self",
                                                               "size",
                                                               "status",
                                                               "stores",
                                                               "tags",
                                                               "updated_at",
                                                               "visibility",
                                                               "virtual_size",
                                                               "image_members"};
// What is true of the image and not of what is made of its servers (Nova's
// non_inheritable_image_properties, and those that it never hands on).
constexpr std::array<std::string_view, 10> kNotInherited{"cache_in_nova",
                                                         "bittorrent",
                                                         "img_signature_hash_method",
                                                         "img_signature",
                                                         "img_signature_key_type",
                                                         "img_signature_certificate_uuid",
                                                         "cinder_encryption_key_id",
                                                         "cinder_encryption_key_deletion_policy",
                                                         "image_id",
                                                         "image_name"};

bool is_property_of_user(std::string_view key) {
  return !key.starts_with("os_glance_") &&
         std::find(kAttributesOfGlance.begin(), kAttributesOfGlance.end(), key) ==
             kAttributesOfGlance.end() &&
         std::find(kNotInherited.begin(), kNotInherited.end(), key) == kNotInherited.end();
}

[[noreturn]] void refuse_image(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}

Image get_image(App& app, const openstack::Context& context, const std::string& id) {
  auto image = app.glance.find_image(id, context.project_id(), context.request_id);
  if (!image) refuse_image("Can not find requested image");
  return *std::move(image);
}

}  // namespace

Image usable_image(App& app, const openstack::Context& context, const std::string& id,
                   const ImageRoom& room) {
  Image image = get_image(app, context, id);
  if (image.status != "active") refuse_image("Image " + image.id + " is not active.");
  if (image.min_ram > room.memory_mib)
    refuse_image("Flavor's memory is too small for requested image.");
  if (room.disk_gib == 0) return image;
  const int64_t disk = room.disk_gib * kGiB;
  const int64_t size = std::max(image.size, image.virtual_size);
  if (size > disk)
    refuse_image(
        fmt::format("Flavor's disk is too small for requested image. Flavor disk is {} bytes, "
                    "image is {} bytes.",
                    disk, size));
  if (image.min_disk > room.disk_gib)
    refuse_image(
        fmt::format("Flavor's disk is smaller than the minimum size specified in image "
                    "metadata. Flavor disk is {} bytes, minimum size is {} bytes.",
                    disk, image.min_disk * kGiB));
  return image;
}

std::string image_properties(const Image& image) {
  base::JsonWriter json;
  json.begin_object();
  if (image.properties.is_object())
    for (const auto& [key, value] : image.properties.get_object())
      if (value.is_string() && is_property_of_user(key)) json.field(key, value);
  json.end_object();
  return json.take();
}

}  // namespace nova::app
