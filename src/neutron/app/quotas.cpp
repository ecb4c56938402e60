#include "neutron/app/quotas.hpp"

#include <array>

#include "platform/database/rows.hpp"

namespace neutron::app {
namespace {

constexpr std::array kResources{
    QuotaResource{"network", "networks"},
    QuotaResource{"subnet", "subnets"},
    QuotaResource{"port", "ports"},
    QuotaResource{"security_group", "security_groups"},
    QuotaResource{"security_group_rule", "security_group_rules"},
    QuotaResource{"subnetpool", "subnetpools"},
    QuotaResource{"rbac_policy", "rbac_policies"},
};

int64_t count(platform::Session& session, std::string_view resource,
              const std::string& project_id) {
  for (const QuotaResource& known : kResources)
    if (known.name == resource)
      return platform::number(
          session, "SELECT COUNT(*) FROM " + std::string(known.table) + " WHERE project_id=?",
          {project_id});
  return 0;
}

Quotas::Limits own_limits(platform::Session& session, const std::string& project_id) {
  Quotas::Limits limits;
  session.query(
      "SELECT resource, max_count FROM quotas WHERE project_id=?", {project_id},
      [&](const platform::SqlRow& row) { limits[std::string(row.text(0))] = row.integer(1); });
  return limits;
}

Quotas::Limits with_defaults(Quotas::Limits own, const Quotas::Limits& defaults) {
  own.insert(defaults.begin(), defaults.end());
  return own;
}

}  // namespace

std::span<const QuotaResource> quota_resources() { return kResources; }

void check_quota(Core& core, platform::Session& session, const std::string& project_id,
                 std::string_view resource) {
  std::optional<int64_t> own_limit;
  session.query("SELECT max_count FROM quotas WHERE project_id=? AND resource=?",
                {project_id, resource},
                [&](const platform::SqlRow& row) { own_limit = row.integer(0); });
  check_quota(core, session, project_id, resource, own_limit);
}

void check_quota(Core& core, platform::Session& session, const std::string& project_id,
                 std::string_view resource, const std::optional<int64_t>& own_limit) {
  const Quotas::Limits& defaults = core.settings().quotas;
  const auto found = defaults.find(std::string(resource));
  const int64_t limit = own_limit.value_or(found == defaults.end() ? -1 : found->second);
  if (limit < 0 || count(session, resource, project_id) < limit) return;
  throw conflict("OverQuota", "Quota exceeded for resources: ['{}'].", resource);
}

Quotas::Limits Quotas::get(const std::string& project_id) {
  return core_.read([&](platform::Session& session) {
    return with_defaults(own_limits(session, project_id), defaults());
  });
}

std::map<std::string, QuotaUsage> Quotas::get_usage(const std::string& project_id) {
  return core_.read([&](platform::Session& session) {
    std::map<std::string, QuotaUsage> usage;
    for (const auto& [resource, limit] : with_defaults(own_limits(session, project_id), defaults()))
      usage[resource] = {limit, count(session, resource, project_id)};
    return usage;
  });
}

std::map<std::string, Quotas::Limits> Quotas::list() {
  return core_.read([&](platform::Session& session) {
    std::map<std::string, Limits> projects;
    session.query("SELECT project_id, resource, max_count FROM quotas", {},
                  [&](const platform::SqlRow& row) {
                    projects[std::string(row.text(0))][std::string(row.text(1))] = row.integer(2);
                  });
    for (auto& [project, limits] : projects) limits = with_defaults(limits, defaults());
    return projects;
  });
}

void Quotas::update(const std::string& project_id, const Limits& limits) {
  core_.write("update_quota", [&](platform::Session& session, Changes&) {
    for (const auto& [resource, limit] : limits) {
      session.execute("DELETE FROM quotas WHERE project_id=? AND resource=?",
                      {project_id, resource});
      session.execute("INSERT INTO quotas (project_id, resource, max_count) VALUES (?,?,?)",
                      {project_id, resource, limit});
    }
  });
}

void Quotas::reset(const std::string& project_id) {
  const int64_t removed = core_.write("delete_quota", [&](platform::Session& session, Changes&) {
    return session.change("DELETE FROM quotas WHERE project_id=?", {project_id});
  });
  if (removed == 0)
    throw error(base::ErrorKind::not_found, "TenantQuotaNotFound",
                "Quota for tenant {} could not be found.", project_id);
}

}  // namespace neutron::app
