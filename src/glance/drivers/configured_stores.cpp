#include "glance/drivers/configured_stores.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"

namespace glance::drivers {
namespace {

constexpr std::string_view kDirectory = "filesystem_store_datadir";
constexpr std::string_view kFileUri = "file://";

[[noreturn]] void refuse_stores(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}

// The name in "name:type".
std::string name_of_backend(const std::string& backend) {
  const size_t colon = backend.find(':');
  const std::string name = backend.substr(0, colon);
  if (colon == std::string::npos || name.empty())
    refuse_stores(fmt::format("\"{}\" in enabled_backends must be NAME:file", backend));
  if (backend.substr(colon + 1) != "file")
    refuse_stores(
        fmt::format("\"{}\" in enabled_backends: only stores of type file are built", backend));
  return name;
}

std::string directory_of(const platform::Config& config, const std::string& store) {
  std::string directory = config.text(store, kDirectory);
  if (directory.empty()) refuse_stores(fmt::format("set {} in [{}]", kDirectory, store));
  return directory;
}

std::string default_directory(const platform::Config& config) {
  const std::string store = config.text("glance_store", "default_backend");
  return config.list("DEFAULT", "enabled_backends").empty()
             ? config.text("glance_store", kDirectory)
             : directory_of(config, store);
}

}  // namespace

Stores make_configured_stores(const platform::Config& config) {
  std::vector<NamedStore> stores;
  for (const std::string& backend : config.list("DEFAULT", "enabled_backends")) {
    const std::string name = name_of_backend(backend);
    if (std::ranges::find(stores, name, &NamedStore::id) != stores.end())
      refuse_stores(fmt::format("enabled_backends has {} twice", name));
    stores.push_back({name, config.text(name, "store_description"),
                      make_file_store(directory_of(config, name))});
  }
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
