#include "glance/api/image_locations.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "openstack/schema.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using openstack::ApiRequest;
using platform::http::Response;

constexpr std::string_view kHashAlgorithm = "sha512";
constexpr size_t kMd5Digits = 32;
constexpr size_t kSha512Digits = 128;
constexpr size_t kMetadataLimit = 65535;  // bytes, of a TEXT column

[[noreturn]] void refuse_location(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}
[[noreturn]] void refuse_hash(std::string message) {
  throw Error(ErrorKind::conflict, std::move(message));
}

// ---- what a client says

struct Hashes {
  std::optional<std::string> checksum;
  std::optional<std::string> os_hash_algo;
  std::optional<std::string> os_hash_value;
};

struct WantedLocation {
  ImageLocation location;
  Hashes hashes;
};

const openstack::Schema& locations_schema() {
  static const openstack::Schema schema(location_list_schema());
  return schema;
}

// glance_store, check_location_metadata.
void check_metadata(const Json& value, const std::string& key) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.get_object())
      check_metadata(member, std::string(std::string_view(name)));
  } else if (value.is_array()) {
    for (const Json& item : value.get_array()) check_metadata(item, key);
  } else if (!value.is_string()) {
    refuse_location(
        fmt::format("The image metadata key {} has an invalid type. Only dict, list, "
                    "and unicode are supported.",
                    key));
  }
}

std::optional<std::string> hash_of(const Json& location, std::string_view name) {
  const Json* data = base::find(location, "validation_data");
  const Json* value = data ? base::find(*data, name) : nullptr;
  return value ? std::optional(std::string(value->as_string())) : std::nullopt;
}

// A store that its metadata names is not asked: the URL tells which one it is.
WantedLocation parse_location(const ImageApi& api, const Json& json) {
  WantedLocation wanted;
  wanted.location.url = base::get_text(json, "url");
  Json metadata = *base::find(json, "metadata");
  check_metadata(metadata, "");
  if (api.stores.have_names()) metadata.as_object().erase("store");
  wanted.location.metadata = base::to_text(metadata);
  if (wanted.location.metadata.size() > kMetadataLimit)
    refuse_location("The metadata of a location is too long.");
  wanted.hashes = {hash_of(json, "checksum"), hash_of(json, "os_hash_algo"),
                   hash_of(json, "os_hash_value")};
  return wanted;
}

std::vector<WantedLocation> parse_locations(const ImageApi& api, const Json& list) {
  locations_schema().validate(list);
  std::vector<WantedLocation> wanted;
  for (const Json& location : list.as_array()) wanted.push_back(parse_location(api, location));
  return wanted;
}

std::vector<WantedLocation> parse_locations(const ImageApi& api, const LocationChange& change) {
  if (change.operation == "remove") return {};
  if (change.operation == "add") return parse_locations(api, Json(base::JsonArray{*change.value}));
  return parse_locations(api, *change.value);
}

// ---- whether there is something

// A store that knows the URL's scheme gives its bytes. Files of this host are not for clients to
// name (OSSA-2014-041), nor what an upload has brought: it is another image's.
std::pair<std::string, uint64_t> look_up(const ImageApi& api, const std::string& url) {
  try {
    const bool names_file = url.starts_with("file:") || url.starts_with("filesystem:");
    const drivers::NamedStore* store = names_file ? nullptr : api.stores.find_holding(url);
    if (store && !is_of_upload(url)) {
      const auto size = store->store->open(url, 0, std::nullopt)->length.value_or(0);
      if (size > 0) return {store->id, size};
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::bad_request, "Invalid location", error.what());
  }
  refuse_location("Invalid location");
}

// Its store is found, and the image's size if that is not known.
void verify(const ImageApi& api, Image& image, ImageLocation& location) {
  const auto [store, size] = look_up(api, location.url);
  location.store = store;
  if (image.size.value_or(0) == 0) image.size = static_cast<int64_t>(size);
}

void refuse_twice(const std::vector<ImageLocation>& locations, const ImageLocation& location) {
  if (std::ranges::count(locations, location) > 0)
    refuse_location(fmt::format("The location {} already exists", location.url));
}

// ---- validation_data: glance/api/v2/images.py, _validate_validation_data

void merge(std::optional<std::string>& known, const std::optional<std::string>& value,
           std::string_view name) {
  if (!value) return;
  if (known && *known != *value) refuse_hash(fmt::format("Conflicting values for {}", name));
  known = value;
}

// Whether the image does not have it yet.
bool is_new(const std::optional<std::string>& given, const std::optional<std::string>& current,
            std::string_view name) {
  if (!given || given == current) return false;
  if (current && !current->empty())
    refuse_hash(fmt::format("{} is already set with a different value", name));
  return true;
}

void check_digits(const std::string& digits, size_t count, std::string_view name) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  if (digits.find_first_not_of(kHex) != std::string::npos)
    refuse_hash(fmt::format("{} ({}) is not a valid hexadecimal value", name, digits));
  if (digits.size() != count)
    refuse_hash(fmt::format("{} ({}) is not the correct size (should be {} bytes)", name, digits,
                            count / 2));
}

Hashes merged_hashes(const std::vector<WantedLocation>& wanted) {
  Hashes hashes;
  for (const WantedLocation& one : wanted) {
    merge(hashes.checksum, one.hashes.checksum, "checksum");
    merge(hashes.os_hash_algo, one.hashes.os_hash_algo, "os_hash_algo");
    merge(hashes.os_hash_value, one.hashes.os_hash_value, "os_hash_value");
  }
  return hashes;
}

// A queued image gets them, another must have them.
void take_hashes(Image& image, const std::vector<WantedLocation>& wanted) {
  const Hashes hashes = merged_hashes(wanted);
  std::string names;
  const auto note = [&](bool is_new, std::string_view name) {
    if (is_new) names.append(names.empty() ? "" : ", ").append(name);
  };
  note(is_new(hashes.checksum, image.checksum, "checksum"), "checksum");
  note(is_new(hashes.os_hash_algo, image.os_hash_algo, "os_hash_algo"), "os_hash_algo");
  note(is_new(hashes.os_hash_value, image.os_hash_value, "os_hash_value"), "os_hash_value");
  if (names.empty()) return;
  if (image.status != "queued")
    refuse_hash(
        fmt::format("New value(s) for {} may only be provided when image status is "
                    "'queued'",
                    names));
  if (hashes.checksum) check_digits(*hashes.checksum, kMd5Digits, "checksum");
  if (hashes.os_hash_algo != kHashAlgorithm)
    refuse_hash(fmt::format("os_hash_algo must be {}, not {}", kHashAlgorithm,
                            hashes.os_hash_algo.value_or("None")));
  check_digits(hashes.os_hash_value.value_or(""), kSha512Digits, "os_hash_value");
  if (hashes.checksum) image.checksum = hashes.checksum;
  image.os_hash_algo = hashes.os_hash_algo;
  image.os_hash_value = hashes.os_hash_value;
}

// ---- the three operations

void require_status(const Image& image, std::string_view operation) {
  const bool fits = image.status == "active" || (operation != "remove" && image.status == "queued");
  if (!fits)
    throw Error(ErrorKind::conflict,
                fmt::format("It's not allowed to {} locations if image status is {}.", operation,
                            image.status));
}

void activate(Image& image) {
  if (image.status != "queued") return;
  if (!image.disk_format || !image.container_format)
    refuse_location("Properties disk_format, container_format must be set prior to saving data.");
  image.status = "active";
}

// Of "2" or "-": a place among `count`, or behind them if it is for a new one.
std::optional<size_t> position_of(const std::string& text, size_t count, bool is_new) {
  if (text == "-") return is_new || count == 0 ? count : count - 1;
  size_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (is_new) return std::min(position, count);
  return position < count ? std::optional(position) : std::nullopt;
}

void add(const ImageApi& api, Image& image, const LocationChange& change) {
  const auto wanted = parse_locations(api, change);
  take_hashes(image, wanted);
  const auto position = position_of(change.position, image.locations.size(), true);
  if (!position) refuse_location("Invalid position for adding a location.");
  require_quota(static_cast<int64_t>(image.locations.size() + 1), api.quotas.locations,
                "image locations");
  ImageLocation location = wanted.front().location;
  verify(api, image, location);
  refuse_twice(image.locations, location);
  image.locations.insert(image.locations.begin() + static_cast<ptrdiff_t>(*position),
                         std::move(location));
  activate(image);
}

void remove(Image& image, const LocationChange& change) {
  if (image.locations.size() == 1)
    throw Error(ErrorKind::forbidden, "Cannot remove last location in the image.");
  const auto position = position_of(change.position, image.locations.size(), false);
  if (!position || image.locations.empty())
    refuse_location("Invalid position for removing a location.");
  image.locations.erase(image.locations.begin() + static_cast<ptrdiff_t>(*position));
}

std::vector<std::string> sorted_urls(const std::vector<ImageLocation>& locations) {
  std::vector<std::string> urls;
  for (const ImageLocation& location : locations) urls.push_back(location.url);
  std::ranges::sort(urls);
  return urls;
}

// The same ones in another order, or with other metadata: they are not looked at again.
void rearrange(Image& image, std::vector<ImageLocation> locations) {
  for (ImageLocation& location : locations)
    location.store = std::ranges::find(image.locations, location.url, &ImageLocation::url)->store;
  image.locations = std::move(locations);
}

void replace(const ImageApi& api, Image& image, const LocationChange& change) {
  const auto wanted = parse_locations(api, change);
  take_hashes(image, wanted);
  require_quota(static_cast<int64_t>(wanted.size()), api.quotas.locations, "image locations");
  std::vector<ImageLocation> locations;
  for (const WantedLocation& one : wanted) locations.push_back(one.location);
  if (sorted_urls(locations) == sorted_urls(image.locations))
    return rearrange(image, std::move(locations));
  if (!image.locations.empty()) refuse_location("Original locations is not empty");
  for (ImageLocation location : locations) {
    verify(api, image, location);
    refuse_twice(image.locations, location);
    image.locations.push_back(std::move(location));
  }
  activate(image);
}

bool may_see_locations(const ApiRequest& request, const Image& image) {
  const bool own = request.context.is_admin() || image.owner == request.context.project_id();
  return own && request.policy.allows(request.context, "get_image_location", {});
}

Response list_locations(const ImageApi& api, const ApiRequest& request) {
  base::JsonWriter json;
  write_locations(json, api.by_weight(api.visible_image(request).locations));
  return openstack::json_response(200, json.take());
}

}  // namespace

openstack::Routes image_location_routes(const ImageApi& api) {
  return {{"GET", "/images/{image_id}/locations", "fetch_image_location",
           [&api](ApiRequest& r) { return list_locations(api, r); }}};
}

void change_locations(const ImageApi& api, const ApiRequest& request, Image& image,
                      const LocationChange& change) {
  const bool removes = change.operation == "remove";
  if (change.operation == "replace" && change.value->is_array() &&
      change.value->get_array().empty())
    throw Error(ErrorKind::forbidden, "Cannot set locations to empty list.");
  request.authorize(removes ? "delete_image_location" : "set_image_location", {});
  if (!api.shows_locations)
    throw Error(ErrorKind::forbidden,
                fmt::format("It's not allowed to {} locations if locations are invisible.",
                            change.operation == "replace" ? "update" : change.operation));
  require_status(image, change.operation);
  if (removes) return remove(image, change);
  return change.operation == "add" ? add(api, image, change) : replace(api, image, change);
}

ShownLocations shown_locations(const ImageApi& api, const ApiRequest& request, const Image& image) {
  ShownLocations shown;
  if (!api.shows_locations && !api.shows_direct_url) return shown;
  std::vector<ImageLocation> locations;
  if (may_see_locations(request, image)) locations = image.locations;
  if (api.shows_direct_url && !locations.empty())
    shown.direct_url = api.by_weight(locations).front().url;
  if (api.shows_locations) shown.all = std::move(locations);
  return shown;
}

}  // namespace glance::api
