// An image's metadata as it travels between glance-api and glance-registry, and as clients see it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"

namespace glance {

// A place that has an image's bytes.
struct ImageLocation {
  std::string store;            // its name; empty: the one without a name
  std::string url;              // as that store understands it
  std::string metadata = "{}";  // a JSON object: what a client has said of it
  friend bool operator==(const ImageLocation&, const ImageLocation&) = default;
};
BOOST_DESCRIBE_STRUCT(ImageLocation, (), (store, url, metadata))

struct Image {
  std::string id;
  std::optional<std::string> name;
  std::string owner;                  // project id
  std::string status = "queued";      // queued, saving, uploading, importing, active, deactivated
  std::string visibility = "shared";  // public, community, shared, private
  std::optional<std::string> disk_format;
  std::optional<std::string> container_format;
  std::optional<std::string> checksum;       // md5, hex
  std::optional<std::string> os_hash_algo;   // "sha512"
  std::optional<std::string> os_hash_value;  // hex
  std::optional<int64_t> size;               // bytes
  std::optional<int64_t> virtual_size;       // bytes
  int64_t min_disk = 0;                      // GiB
  int64_t min_ram = 0;                       // MiB
  bool is_protected = false;
  bool os_hidden = false;
  std::vector<ImageLocation> locations;        // in their order
  std::optional<std::string> staged_location;  // bytes that wait to be imported
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  std::map<std::string, std::optional<std::string>> properties;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Image, (),
                      (id, name, owner, status, visibility, disk_format, container_format, checksum,
                       os_hash_algo, os_hash_value, size, virtual_size, min_disk, min_ram,
                       is_protected, os_hidden, locations, staged_location, created_at, updated_at,
                       properties, tags))

struct Member {
  std::string image_id;
  std::string member;              // project id
  std::string status = "pending";  // pending, accepted, rejected
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(Member, (), (image_id, member, status, created_at, updated_at))

// The named stores that have its bytes, in the order of its locations.
[[nodiscard]] std::vector<std::string> stores_of(const Image& image);

// Whether a store gave that URL to an upload of some image, as its name tells; otherwise it leads
// to bytes that nobody here has looked at.
[[nodiscard]] bool is_of_upload(std::string_view url);

// Throws Error(too_large) if `count` is more than `quota`, unless that is below zero.
void require_quota(int64_t count, int64_t quota, std::string_view of_what);

// Which of its locations an image's document shows.
struct ShownLocations {
  std::optional<std::string> direct_url;
  std::optional<std::vector<ImageLocation>> all;
};
// The document of GET /v2/images/{id}.
void write_image(base::JsonWriter& json, const Image& image, const ShownLocations& shown = {});
// The array of its member "locations".
void write_locations(base::JsonWriter& json, const std::vector<ImageLocation>& locations);
void write_member(base::JsonWriter& json, const Member& member);

}  // namespace glance
