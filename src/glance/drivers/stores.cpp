#include "glance/drivers/stores.hpp"

#include <fmt/core.h>

#include "base/error.hpp"

namespace glance::drivers {

Stores::Stores(std::unique_ptr<ImageStore> only) {
  all_.push_back({.id = "", .description = "", .store = std::move(only)});
}

std::vector<std::string> Stores::names() const {
  std::vector<std::string> names;
  for (const NamedStore& store : all_) names.push_back(store.id);
  return names;
}

ImageStore& Stores::get(std::string_view id) const {
  for (const NamedStore& known : all_)
    if (known.id == id) return *known.store;
  throw base::Error(base::ErrorKind::conflict,
                    fmt::format("Store for identifier {} not found", id));
}

int64_t Stores::weight_of(std::string_view id) const {
  for (const NamedStore& known : all_)
    if (known.id == id) return known.weight;
  return 0;
}

const NamedStore* Stores::find_holding(const std::string& location) const {
  for (const NamedStore& known : all_)
    if (known.store->holds(location)) return &known;
  return nullptr;
}

ImageStore& Stores::holding(const std::string& location) const {
  if (const NamedStore* found = find_holding(location)) return *found->store;
  throw base::Error(base::ErrorKind::not_found, "The image's data is in no store of this service.",
                    location);
}

}  // namespace glance::drivers
