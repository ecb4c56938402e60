#include "nova/app/quotas.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace nova::app {
namespace {

using platform::Session;

void override_with(store::Limits& limits, const store::Limits& set) {
  for (const auto& [resource, limit] : set) limits[resource] = limit;
}

// What is used and allowed of one resource, and what one server needs of it.
struct Balance {
  std::string_view resource;
  int64_t used;
  int64_t limit;
  int64_t per_server;
};

int64_t room_for(const Balance& balance, int64_t wanted) {
  if (balance.limit < 0 || balance.per_server <= 0) return wanted;
  return std::clamp<int64_t>((balance.limit - balance.used) / balance.per_server, 0, wanted);
}

[[noreturn]] void refuse_over_quota(const std::vector<Balance>& overs, int64_t count) {
  std::string resources, requested, used, allowed;
  for (const Balance& over : overs) {
    const std::string_view comma = resources.empty() ? "" : ", ";
    resources += fmt::format("{}{}", comma, over.resource);
    requested += fmt::format("{}{}", comma, over.per_server * count);
    used += fmt::format("{}{}", comma, over.used);
    allowed += fmt::format("{}{}", comma, over.limit);
  }
  throw base::Error(base::ErrorKind::forbidden,
                    fmt::format("Quota exceeded for {0}: Requested {1}, but already used {2} of "
                                "{3} {0}",
                                resources, requested, used, allowed));
}

int64_t count_allowed(const store::Usage& usage, store::Limits limits, const ServerDemand& demand) {
  const Balance balances[] = {{"cores", usage.cores, limits["cores"], demand.cores},
                              {"instances", usage.instances, limits["instances"], 1},
                              {"ram", usage.ram, limits["ram"], demand.ram}};
  int64_t count = demand.max_count;
  for (const Balance& balance : balances)
    count = std::min(count, room_for(balance, demand.max_count));
  if (count >= demand.min_count) return count;
  std::vector<Balance> overs;
  for (const Balance& balance : balances)
    if (room_for(balance, demand.min_count) < demand.min_count) overs.push_back(balance);
  refuse_over_quota(overs, demand.min_count);
}

}  // namespace

const std::vector<std::string>& quota_resources() {
  static const std::vector<std::string> names = {"cores",
                                                 "fixed_ips",
                                                 "floating_ips",
                                                 "injected_file_content_bytes",
                                                 "injected_file_path_bytes",
                                                 "injected_files",
                                                 "instances",
                                                 "key_pairs",
                                                 "metadata_items",
                                                 "ram",
                                                 "security_group_rules",
                                                 "security_groups",
                                                 "server_group_members",
                                                 "server_groups"};
  return names;
}

store::Limits default_limits(Session& session, const Settings& settings) {
  store::Limits limits;
  // Without a limit of Nova's own: Neutron counts these.
  for (const std::string& resource : quota_resources()) limits[resource] = -1;
  override_with(limits, settings.quotas);
  override_with(limits, store::list_quota_class(session, "default"));
  return limits;
}

store::Limits project_limits(Session& session, const Settings& settings,
                             const std::string& project_id) {
  store::Limits limits = default_limits(session, settings);
  override_with(limits, store::list_quotas(session, project_id));
  return limits;
}

store::Limits user_limits(Session& session, const Settings& settings, const std::string& project_id,
                          const std::string& user_id) {
  store::Limits limits = project_limits(session, settings, project_id);
  override_with(limits, store::list_quotas(session, project_id, user_id));
  return limits;
}

int64_t allowed_servers(Session& session, const Settings& settings, const std::string& project_id,
                        const std::string& user_id, const ServerDemand& demand) {
  const store::ProjectLimits set = store::list_quotas_of_both(session, project_id, user_id);
  store::Limits limits = default_limits(session, settings);
  override_with(limits, set.project);
  const auto unlimited = [&](std::string_view resource) {
    return limits.at(std::string(resource)) < 0;
  };
  const bool counts = !(unlimited("instances") && unlimited("cores") && unlimited("ram"));
  int64_t count = demand.max_count;
  if (counts) count = count_allowed(store::usage_of_project(session, project_id), limits, demand);
  if (set.user.empty()) return count;
  override_with(limits, set.user);
  const auto usage = store::usage_of_user(session, project_id, user_id);
  return std::min(count, count_allowed(usage, limits, demand));
}

}  // namespace nova::app
