#include "glance/image.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"

namespace glance {

std::vector<std::string> stores_of(const Image& image) {
  std::vector<std::string> stores;
  if (image.location && image.store) stores.push_back(*image.store);
  for (const ImageCopy& copy : image.copies) stores.push_back(copy.store);
  std::ranges::sort(stores);
  return stores;
}

void require_quota(int64_t count, int64_t quota, std::string_view of_what) {
  if (quota < 0 || count <= quota) return;
  throw base::Error(
      base::ErrorKind::too_large,
      fmt::format("The limit has been exceeded on the number of allowed {}. Attempted: {}, "
                  "Maximum: {}",
                  of_what, count, quota));
}

void write_image(base::JsonWriter& json, const Image& image) {
  json.begin_object();
  // Custom properties stand among the base ones, which win where names collide.
  for (const auto& [name, value] : image.properties) json.field(name, value);
  json.field("name", image.name);
  json.field("disk_format", image.disk_format);
  json.field("container_format", image.container_format);
  json.field("visibility", image.visibility);
  json.field("size", image.size);
  json.field("virtual_size", image.virtual_size);
  json.field("status", image.status);
  json.field("checksum", image.checksum);
  json.field("protected", image.is_protected);
  json.field("min_ram", image.min_ram);
  json.field("min_disk", image.min_disk);
  json.field("owner", image.owner);
  json.field("os_hidden", image.os_hidden);
  json.field("os_hash_algo", image.os_hash_algo);
  json.field("os_hash_value", image.os_hash_value);
  json.field("id", image.id);
  json.field("created_at", base::format_seconds(image.created_at));
  json.field("updated_at", base::format_seconds(image.updated_at));
  json.field("tags", image.tags);
  if (const auto stores = stores_of(image); !stores.empty())
    json.field("stores", base::join(stores, ","));
  json.joined("self", {"/v2/images/", image.id});
  json.joined("file", {"/v2/images/", image.id, "/file"});
  json.field("schema", "/v2/schemas/image");
  json.end_object();
}

void write_member(base::JsonWriter& json, const Member& member) {
  json.begin_object();
  json.field("member_id", member.member);
  json.field("image_id", member.image_id);
  json.field("status", member.status);
  json.field("created_at", base::format_seconds(member.created_at));
  json.field("updated_at", base::format_seconds(member.updated_at));
  json.field("schema", "/v2/schemas/member");
  json.end_object();
}

}  // namespace glance
