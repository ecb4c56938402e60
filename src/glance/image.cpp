#include "glance/image.hpp"

#include <fmt/core.h>

#include "base/ids.hpp"
#include "base/text.hpp"

namespace glance {

std::vector<std::string> stores_of(const Image& image) {
  std::vector<std::string> stores;
  for (const ImageLocation& location : image.locations)
    if (!location.store.empty()) stores.push_back(location.store);
  return stores;
}

// upload_name(): the image's id, a dot, the operation's.
bool is_of_upload(std::string_view url) {
  constexpr size_t kId = 36;
  for (const std::string_view part : base::split(url, '/'))
    if (part.size() > 2 * kId && part[kId] == '.' && base::is_uuid(part.substr(0, kId)) &&
        base::is_uuid(part.substr(kId + 1, kId)))
      return true;
  return false;
}

void require_quota(int64_t count, int64_t quota, std::string_view of_what) {
  if (quota < 0 || count <= quota) return;
  throw base::Error(
      base::ErrorKind::too_large,
      fmt::format("The limit has been exceeded on the number of allowed {}. Attempted: {}, "
                  "Maximum: {}",
                  of_what, count, quota));
}

namespace {

// What the client has said of it stands beside the store's name.
void write_location(base::JsonWriter& json, const ImageLocation& location) {
  const base::Json metadata = base::parse_json(location.metadata);
  json.begin_object();
  json.field("url", location.url);
  json.key("metadata");
  json.begin_object();
  for (const auto& [name, value] : metadata.as_object()) {
    json.key(std::string_view(name));
    json.raw(base::to_text(value));
  }
  if (!location.store.empty()) json.field("store", location.store);
  json.end_object();
  json.end_object();
}

void write_shown(base::JsonWriter& json, const ShownLocations& shown) {
  if (shown.direct_url) json.field("direct_url", *shown.direct_url);
  if (!shown.all) return;
  json.key("locations");
  write_locations(json, *shown.all);
}

}  // namespace

void write_locations(base::JsonWriter& json, const std::vector<ImageLocation>& locations) {
  json.begin_array();
  for (const ImageLocation& location : locations) write_location(json, location);
  json.end_array();
}

void write_image(base::JsonWriter& json, const Image& image, const ShownLocations& shown) {
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
  write_shown(json, shown);
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
