// The filters by the names that operators know from cinder.conf, a function each.
#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cinder/messages.hpp"
#include "cinder/scheduler/driver_functions.hpp"
#include "cinder/scheduler/extra_specs.hpp"
#include "cinder/scheduler/placement.hpp"

namespace cinder::scheduler {
namespace {

using store::PoolState;

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_in_zone(const PoolState& pool, const PlacementRequest& request) {
  return request.zone.empty() || pool.service.availability_zone == request.zone;
}

bool has_room(const PoolState& pool, const PlacementRequest& request) {
  return room_in(pool) >= request.size_gib;
}

bool has_capabilities(const PoolState& pool, const PlacementRequest& request) {
  return request.extra_specs.empty() || fulfills(pool.pool.capabilities, request.extra_specs);
}

// Also where what it is made from is: a copy never leaves its back end.
bool is_same_backend(const PoolState& pool, const PlacementRequest& request) {
  if (!request.backend.empty() && pool.pool.host != request.backend) return false;
  return !request.wants_same_backend || has(request.same_as, pool.pool.host);
}

bool is_different_backend(const PoolState& pool, const PlacementRequest& request) {
  return !has(request.apart_from, pool.pool.host);
}

bool was_not_tried(const PoolState& pool, const PlacementRequest& request) {
  return !has(request.tried, pool.pool.name);
}

constexpr Filter kFilters[] = {
    {"AvailabilityZoneFilter", is_in_zone},           {"CapacityFilter", has_room},
    {"CapabilitiesFilter", has_capabilities},         {"SameBackendFilter", is_same_backend},
    {"DifferentBackendFilter", is_different_backend}, {"IgnoreAttemptedHostsFilter", was_not_tried},
    {"DriverFilter", passes_filter_function},
};

std::string names_of_all() {
  std::vector<std::string> names;
  for (const Filter& filter : kFilters) names.emplace_back(filter.name);
  return base::join(names, ", ");
}

}  // namespace

std::span<const Filter> known_filters() { return kFilters; }

std::vector<Filter> choose_filters(const std::vector<std::string>& names) {
  std::vector<Filter> filters;
  for (const std::string& name : names) {
    const Filter* found = std::find_if(std::begin(kFilters), std::end(kFilters),
                                       [&](const Filter& filter) { return filter.name == name; });
    if (found == std::end(kFilters))
      throw base::Error(base::ErrorKind::bad_request,
                        "[DEFAULT] scheduler_default_filters names '" + name +
                            "', which is none of: " + names_of_all());
    filters.push_back(*found);
  }
  return filters;
}

}  // namespace cinder::scheduler
