#include "glance/drivers/configured_stores.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <filesystem>

#include "base/error.hpp"
#include "glance/drivers/http_store.hpp"
#include "glance/drivers/rbd_store.hpp"
#include "platform/sparse_write.hpp"

namespace glance::drivers {
namespace {

constexpr std::string_view kDirectory = "filesystem_store_datadir";
constexpr std::string_view kFileUri = "file://";

[[noreturn]] void refuse_stores(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}

struct Backend {
  std::string name;
  std::string type;
};

// Of "name:type".
Backend parse_backend(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0)
    refuse_stores(fmt::format("\"{}\" in enabled_backends must be NAME:TYPE", text));
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string directory_of(const platform::Config& config, const std::string& store) {
  std::string directory = config.text(store, kDirectory);
  if (directory.empty()) refuse_stores(fmt::format("set {} in [{}]", kDirectory, store));
  return directory;
}

// Of the default store; of the store without a name if that one is not of files.
std::string default_directory(const platform::Config& config) {
  const std::string store = config.text("glance_store", "default_backend");
  const auto backends = config.list("DEFAULT", "enabled_backends");
  const bool of_files = std::ranges::find(backends, store + ":file") != backends.end();
  return of_files ? directory_of(config, store) : config.text("glance_store", kDirectory);
}

// What is written into URLs as it is.
std::string plain_name(const platform::Config& config, const std::string& store,
                       std::string_view option) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  std::string name = config.text(store, option);
  if (name.empty() || name.find_first_not_of(kPlain) != std::string::npos)
    refuse_stores(
        fmt::format("{} in [{}] must be a name of letters, digits, '.', '-', '_'", option, store));
  return name;
}

// Text that must be there.
std::string needed(const platform::Config& config, const std::string& store,
                   std::string_view option) {
  std::string text = config.text(store, option);
  if (text.empty()) refuse_stores(fmt::format("set {} in [{}]", option, store));
  return text;
}

std::string needed_url(const platform::Config& config, const std::string& store,
                       std::string_view option) {
  std::string url = needed(config, store, option);
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    refuse_stores(fmt::format("{} in [{}] must begin with http:// or https://", option, store));
  return url;
}

size_t mebibytes(const platform::Config& config, const std::string& store,
                 std::string_view option) {
  return static_cast<size_t>(config.integer(store, option)) << 20;
}

S3Options s3_options(const platform::Config& config, const std::string& store) {
  S3Options options;
  options.endpoint = needed_url(config, store, "s3_store_host");
  options.credentials = {needed(config, store, "s3_store_access_key"),
                         needed(config, store, "s3_store_secret_key"),
                         config.text(store, "s3_store_region_name")};
  options.bucket = plain_name(config, store, "s3_store_bucket");
  options.create_bucket = config.boolean(store, "s3_store_create_bucket_on_put");
  options.chunk = mebibytes(config, store, "s3_store_large_object_chunk_size");
  return options;
}

SwiftOptions swift_options(const platform::Config& config, const std::string& store) {
  SwiftOptions options;
  options.reference = store;
  options.auth_address = needed_url(config, store, "swift_store_auth_address");
  options.auth_version = static_cast<int>(config.integer(store, "swift_store_auth_version"));
  if (options.auth_version == 2)
    refuse_stores(fmt::format("swift_store_auth_version in [{}] must be 1 or 3", store));
  options.user = needed(config, store, "swift_store_user");
  if (options.user.find(':') == std::string::npos)
    refuse_stores(fmt::format("swift_store_user in [{}] must be PROJECT:USER", store));
  options.key = needed(config, store, "swift_store_key");
  options.region = config.text(store, "swift_store_region");
  options.container = plain_name(config, store, "swift_store_container");
  options.create_container = config.boolean(store, "swift_store_create_container_on_put");
  options.chunk = mebibytes(config, store, "swift_store_large_object_chunk_size");
  return options;
}

RbdStoreOptions rbd_options(const platform::Config& config, const std::string& store) {
  RbdStoreOptions options;
  options.pool.configuration = config.text(store, "rbd_store_ceph_conf");
  options.pool.user = plain_name(config, store, "rbd_store_user");
  options.pool.pool = plain_name(config, store, "rbd_store_pool");
  if (const int64_t seconds = config.integer(store, "rados_connect_timeout"); seconds > 0)
    options.pool.patience = std::chrono::seconds{seconds};
  options.object_bytes = mebibytes(config, store, "rbd_store_chunk_size");
  if (!std::has_single_bit(options.object_bytes))
    refuse_stores(fmt::format("rbd_store_chunk_size in [{}] must be a power of two", store));
  options.thin = config.boolean(store, "rbd_thin_provisioning");
  return options;
}

std::unique_ptr<ImageStore> make_store(const platform::Config& config, const Backend& backend,
                                       const StoreEnvironment& environment) {
  if (backend.type == "file") return make_file_store(directory_of(config, backend.name));
  if (backend.type == "s3") return make_s3_store(environment, s3_options(config, backend.name));
  if (backend.type == "swift")
    return make_swift_store(environment, swift_options(config, backend.name));
  if (backend.type == "http") return make_http_store(environment.web);
  if (backend.type == "rbd") return make_rbd_store(rbd_options(config, backend.name));
  refuse_stores(
      fmt::format("\"{}\" in enabled_backends: stores are of type file, http, rbd, s3 or swift",
                  backend.name + ":" + backend.type));
}

base::JsonObject properties_of(const platform::Config& config, const Backend& backend) {
  const auto bytes = [&](std::string_view option) {
    return static_cast<int64_t>(mebibytes(config, backend.name, option));
  };
  if (backend.type == "file")
    return {{"data_dir", directory_of(config, backend.name)},
            {"chunk_size", int64_t{platform::kSparseBlock}},
            {"thin_provisioning", true}};
  if (backend.type == "rbd")
    return {{"chunk_size", bytes("rbd_store_chunk_size")},
            {"pool", config.text(backend.name, "rbd_store_pool")},
            {"thin_provisioning", config.boolean(backend.name, "rbd_thin_provisioning")}};
  // What is larger than a chunk is sent in chunks.
  if (backend.type == "swift")
    return {{"container", config.text(backend.name, "swift_store_container")},
            {"large_object_size", bytes("swift_store_large_object_chunk_size")},
            {"large_object_chunk_size", bytes("swift_store_large_object_chunk_size")}};
  if (backend.type == "s3")
    return {{"s3_store_large_object_size", bytes("s3_store_large_object_chunk_size")},
            {"s3_store_large_object_chunk_size", bytes("s3_store_large_object_chunk_size")},
            {"s3_store_thread_pools", 1}};
  return {};
}

// Two stores of one place would take each other's images for such that nobody owns.
void refuse_shared_places(const platform::Config& config, const std::vector<Backend>& backends) {
  std::vector<std::string> places;
  for (const Backend& backend : backends) {
    const auto option = [&](std::string_view name) { return config.text(backend.name, name); };
    std::string place =
        backend.type == "file"
            ? std::filesystem::weakly_canonical(directory_of(config, backend.name)).string()
        : backend.type == "rbd" ? option("rbd_store_ceph_conf") + " " + option("rbd_store_pool")
        : backend.type == "s3"
            ? option("s3_store_host") + " " + option("s3_store_bucket")
            : option("swift_store_auth_address") + " " + option("swift_store_user") + " " +
                  option("swift_store_container");
    if (std::ranges::find(places, place) != places.end())
      refuse_stores(fmt::format("[{}] is of the same place as another store", backend.name));
    places.push_back(std::move(place));
  }
}

}  // namespace

Stores make_configured_stores(const platform::Config& config, const StoreEnvironment& environment) {
  std::vector<Backend> backends;
  for (const std::string& text : config.list("DEFAULT", "enabled_backends")) {
    Backend backend = parse_backend(text);
    if (std::ranges::find(backends, backend.name, &Backend::name) != backends.end())
      refuse_stores(fmt::format("enabled_backends has {} twice", backend.name));
    backends.push_back(std::move(backend));
  }
  refuse_shared_places(config, backends);
  std::vector<NamedStore> stores;
  for (const Backend& backend : backends)
    stores.push_back({backend.name, config.text(backend.name, "store_description"),
                      make_store(config, backend, environment), backend.type,
                      config.integer(backend.name, "weight"), properties_of(config, backend)});
  if (stores.empty()) return Stores(make_file_store(default_directory(config)));
  std::string by_default = config.text("glance_store", "default_backend");
  if (std::ranges::find(stores, by_default, &NamedStore::id) == stores.end())
    refuse_stores("default_backend in [glance_store] must be one of enabled_backends");
  return {std::move(stores), std::move(by_default)};
}

std::unique_ptr<ImageStore> make_staging_store(const platform::Config& config) {
  const std::string uri = config.text("DEFAULT", "node_staging_uri");
  if (uri.empty())
    return make_file_store(std::filesystem::path(default_directory(config)).parent_path() /
                           "staging");
  if (!uri.starts_with(kFileUri))
    refuse_stores(fmt::format("node_staging_uri must begin with {}", kFileUri));
  return make_file_store(uri.substr(kFileUri.size()));
}

}  // namespace glance::drivers
