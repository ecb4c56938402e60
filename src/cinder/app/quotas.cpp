#include "cinder/app/quotas.hpp"

#include <fmt/format.h>

#include "cinder/store/groups.hpp"
#include "cinder/store/volume_types.hpp"

namespace cinder::app {
namespace {

using platform::Session;
using store::Limits;

constexpr std::string_view kOfType[] = {"volumes", "snapshots", "gigabytes"};

void override_with(Limits& limits, const Limits& set) {
  for (const auto& [resource, limit] : set) limits[resource] = limit;
}

std::string of_type(std::string_view resource, const std::string& type_name) {
  return fmt::format("{}_{}", resource, type_name);
}

[[noreturn]] void refuse_too_large(std::string message) {
  throw base::Error(base::ErrorKind::too_large, std::move(message));
}

// cinder/exception.py's words for each.
[[noreturn]] void refuse_over_quota(const std::string& resource, int64_t wanted, int64_t used,
                                    int64_t limit) {
  if (resource.starts_with("gigabytes"))
    refuse_too_large(
        fmt::format("Requested volume or snapshot exceeds allowed {} quota. Requested {}G, quota "
                    "is {}G and {}G has been consumed.",
                    resource, wanted, limit, used));
  if (resource.starts_with("volumes"))
    refuse_too_large(fmt::format("Maximum number of volumes allowed ({}) exceeded for quota '{}'.",
                                 limit, resource));
  if (resource == "groups")
    refuse_too_large(fmt::format("Maximum number of groups allowed ({}) exceeded", limit));
  refuse_too_large(fmt::format("Maximum number of snapshots allowed ({}) exceeded", limit));
}

}  // namespace

std::vector<std::string> quota_resources(Session& session) {
  std::vector<std::string> names = {"volumes", "per_volume_gigabytes", "snapshots", "gigabytes",
                                    "backups", "backup_gigabytes",     "groups"};
  for (const auto& [id, name] : store::volume_type_names(session))
    for (const std::string_view resource : kOfType) names.push_back(of_type(resource, name));
  return names;
}

Limits default_limits(Session& session, const Settings& settings) {
  Limits limits;
  for (const std::string& resource : quota_resources(session)) limits[resource] = -1;
  override_with(limits, settings.quotas);
  override_with(limits, store::list_quota_class(session, "default"));
  return limits;
}

Limits project_limits(Session& session, const Settings& settings, const std::string& project_id) {
  Limits limits = default_limits(session, settings);
  override_with(limits, store::list_quotas(session, project_id));
  return limits;
}

std::map<std::string, int64_t> usages_of(Session& session, const std::string& project_id) {
  std::map<std::string, int64_t> used;
  for (const std::string& resource : quota_resources(session)) used[resource] = 0;
  used["groups"] = store::count_groups(session, project_id);
  const auto names = store::volume_type_names(session);
  for (const auto& [type_id, usage] : store::usage_of_project(session, project_id)) {
    const auto add = [&](std::string_view resource, int64_t amount) {
      used[std::string(resource)] += amount;
      if (const auto name = names.find(type_id); name != names.end())
        used[of_type(resource, name->second)] += amount;
    };
    add("volumes", usage.volumes);
    add("snapshots", usage.snapshots);
    add("gigabytes", usage.volumes_gib + usage.snapshots_gib);
  }
  return used;
}

void check_quota(Session& session, const Settings& settings, const std::string& project_id,
                 const Demand& demand) {
  const Limits limits = project_limits(session, settings, project_id);
  const auto used = usages_of(session, project_id);
  const int64_t largest = limits.at("per_volume_gigabytes");
  if (largest >= 0 && demand.gib > largest)
    refuse_too_large(
        fmt::format("Requested volume size {}G is larger than maximum allowed limit {}G.",
                    demand.gib, largest));
  const auto check = [&](const std::string& resource, int64_t wanted) {
    const auto limit = limits.find(resource);
    if (wanted == 0 || limit == limits.end() || limit->second < 0) return;
    if (used.at(resource) + wanted > limit->second)
      refuse_over_quota(resource, wanted, used.at(resource), limit->second);
  };
  const auto names = store::volume_type_names(session);
  const auto check_both = [&](std::string_view resource, int64_t wanted) {
    check(std::string(resource), wanted);
    if (const auto name = names.find(demand.volume_type_id); name != names.end())
      check(of_type(resource, name->second), wanted);
  };
  check("groups", demand.groups);
  check_both("volumes", demand.volumes);
  check_both("snapshots", demand.snapshots);
  check_both("gigabytes", demand.gib + demand.snapshots_gib);
}

}  // namespace cinder::app
