// /os-quota-sets, /os-quota-class-sets and /limits.
// https://docs.openstack.org/api-ref/compute/#quota-sets-os-quota-sets
#include "nova/app/quotas.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/store/server_groups.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;

struct QuotaField {
  std::string_view resource;
  Microversion until;             // in quota sets
  Microversion class_from{2, 1};  // in quota classes
};
constexpr QuotaField kFields[] = {
    {"instances", kLatest},
    {"cores", kLatest},
    {"ram", kLatest},
    {"floating_ips", {2, 35}},
    {"fixed_ips", {2, 35}},
    {"metadata_items", kLatest},
    {"injected_files", {2, 56}},
    {"injected_file_content_bytes", {2, 56}},
    {"injected_file_path_bytes", {2, 56}},
    {"security_groups", {2, 35}},
    {"security_group_rules", {2, 35}},
    {"key_pairs", kLatest},
    {"server_groups", kLatest, {2, 50}},
    {"server_group_members", kLatest, {2, 50}},
};

// Until 2.49 the classes had the network resources and no server groups; from 2.50 as the sets.
bool in_class(const QuotaField& field, Microversion version) {
  const bool network = field.until == Microversion{2, 35};
  if (version < field.class_from) return false;
  return version <= (network ? Microversion{2, 49} : field.until);
}

struct Usages {
  store::Usage servers;
  int64_t key_pairs = 0;
  int64_t server_groups = 0;
};

int64_t used_of(const Usages& usage, std::string_view resource) {
  if (resource == "instances") return usage.servers.instances;
  if (resource == "cores") return usage.servers.cores;
  if (resource == "ram") return usage.servers.ram;
  if (resource == "server_groups") return usage.server_groups;
  return 0;
}

void write_limits(base::JsonWriter& json, const store::Limits& limits, Microversion version) {
  for (const QuotaField& field : kFields)
    if (version <= field.until) json.field(field.resource, limits.at(std::string(field.resource)));
}

Response answer_set(const std::string& project, const store::Limits& limits,
                    const ApiRequest& request, bool with_id) {
  base::JsonWriter json;
  json.begin_object();
  json.key("quota_set");
  json.begin_object();
  if (with_id) json.field("id", project);
  write_limits(json, limits, request.context.version);
  json.end_object();
  json.end_object();
  return answer(json);
}

std::string user_of(const ApiRequest& request) {
  return std::string(request.query.get("user_id").value_or(""));
}

store::Limits limits_of(platform::Session& session, const app::App& app, const std::string& project,
                        const std::string& user) {
  return user.empty() ? app::project_limits(session, app.settings, project)
                      : app::user_limits(session, app.settings, project, user);
}

Response show_quota(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  request.authorize("os_compute_api:os-quota-sets:show", {{"project_id", project}});
  const auto limits = app.database.read([&](platform::Session& session) {
    return limits_of(session, app, project, user_of(request));
  });
  return answer_set(project, limits, request, true);
}

Response show_defaults(app::App& app, ApiRequest& request) {
  const auto limits = app.database.read(
      [&](platform::Session& session) { return app::default_limits(session, app.settings); });
  return answer_set(request.parameter("project_id"), limits, request, true);
}

Usages usages_of(platform::Session& session, const std::string& project, const std::string& user) {
  return {user.empty() ? store::usage_of_project(session, project)
                       : store::usage_of_user(session, project, user),
          0, store::count_server_groups(session, project)};
}

Response show_detail(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  request.authorize("os_compute_api:os-quota-sets:detail", {{"project_id", project}});
  store::Limits limits;
  const Usages usage = app.database.read([&](platform::Session& session) {
    limits = limits_of(session, app, project, user_of(request));
    return usages_of(session, project, user_of(request));
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("quota_set");
  json.begin_object();
  json.field("id", project);
  for (const QuotaField& field : kFields) {
    if (request.context.version > field.until) continue;
    json.key(field.resource);
    json.begin_object();
    json.field("limit", limits.at(std::string(field.resource)));
    json.field("in_use", used_of(usage, field.resource));
    json.field("reserved", 0);
    json.end_object();
  }
  json.end_object();
  json.end_object();
  return answer(json);
}

// A limit below what is used is only taken with "force"; a user's is never above the project's.
void check_limit(const std::string& resource, int64_t limit, const store::Limits& bounds,
                 const Usages& usage, bool forced, bool of_user) {
  const int64_t used = used_of(usage, resource);
  if (!forced && limit >= 0 && used > limit)
    bad_request(
        fmt::format("Quota limit {} for {} must be greater than or equal to already used "
                    "and reserved {}.",
                    limit, resource, used));
  const int64_t bound = bounds.at(resource);
  if (of_user && bound >= 0 && (limit > bound || limit < 0))
    bad_request(fmt::format("Quota limit {} for {} must be less than or equal to {}.", limit,
                            resource, bound));
}

Response update_quota(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  const std::string user = user_of(request);
  const Json& set = inner(request, "quota_set");
  const Json* force = base::find(set, "force");
  const bool forced = force && flag_of(*force);
  const auto limits = app.database.write("quota.update", [&](platform::Session& session) {
    const auto bounds = app::project_limits(session, app.settings, project);
    const Usages usage = usages_of(session, project, user);
    for (const auto& [key, value] : set.get_object()) {
      const std::string resource(key);
      if (resource == "force" || resource == "tenant_id") continue;
      const int64_t limit = integer_of(value);
      check_limit(resource, limit, bounds, usage, forced, !user.empty());
      store::set_quota(session, project, user, resource, limit);
    }
    return limits_of(session, app, project, user);
  });
  return answer_set(project, limits, request, false);
}

Response remove_quota(app::App& app, ApiRequest& request) {
  app.database.write("quota.delete", [&](platform::Session& session) {
    store::delete_quotas(session, request.parameter("project_id"), user_of(request));
  });
  return openstack::empty_response(202);
}

Response answer_class(const ApiRequest& request, const store::Limits& limits, bool with_id) {
  base::JsonWriter json;
  json.begin_object();
  json.key("quota_class_set");
  json.begin_object();
  if (with_id) json.field("id", request.parameter("class_name"));
  for (const QuotaField& field : kFields)
    if (in_class(field, request.context.version))
      json.field(field.resource, limits.at(std::string(field.resource)));
  json.end_object();
  json.end_object();
  return answer(json);
}

store::Limits limits_of_class(platform::Session& session, const app::App& app,
                              const std::string& name) {
  store::Limits limits = app::default_limits(session, app.settings);
  for (const auto& [resource, limit] : store::list_quota_class(session, name))
    limits[resource] = limit;
  return limits;
}

Response show_class(app::App& app, ApiRequest& request) {
  return answer_class(request, app.database.read([&](platform::Session& session) {
    return limits_of_class(session, app, request.parameter("class_name"));
  }),
                      true);
}

Response update_class(app::App& app, ApiRequest& request) {
  const std::string& name = request.parameter("class_name");
  const auto limits = app.database.write("quota.class", [&](platform::Session& session) {
    for (const auto& [key, value] : inner(request, "quota_class_set").get_object())
      store::set_quota_class(session, name, std::string(key), integer_of(value));
    return limits_of_class(session, app, name);
  });
  return answer_class(request, limits, false);
}

// Names of GET /limits, with what they count.
struct AbsoluteLimit {
  std::string_view name;
  std::string_view resource;
  Microversion until;
};
constexpr AbsoluteLimit kMaxima[] = {
    {"maxTotalRAMSize", "ram", kLatest},
    {"maxTotalInstances", "instances", kLatest},
    {"maxTotalCores", "cores", kLatest},
    {"maxTotalKeypairs", "key_pairs", kLatest},
    {"maxTotalFloatingIps", "floating_ips", {2, 35}},
    {"maxSecurityGroups", "security_groups", {2, 35}},
    {"maxSecurityGroupRules", "security_group_rules", {2, 35}},
    {"maxServerMeta", "metadata_items", kLatest},
    {"maxImageMeta", "metadata_items", {2, 38}},
    {"maxPersonality", "injected_files", {2, 56}},
    {"maxPersonalitySize", "injected_file_content_bytes", {2, 56}},
    {"maxServerGroups", "server_groups", kLatest},
    {"maxServerGroupMembers", "server_group_members", kLatest},
};

Response show_absolute(app::App& app, ApiRequest& request) {
  std::string project = request.context.project_id();
  if (const auto other = request.query.get("tenant_id"); other && *other != project) {
    request.authorize("os_compute_api:limits:other_project", {});
    project = std::string(*other);
  }
  if (request.context.version >= Microversion{2, 75})
    refuse_unknown_query(request, {"tenant_id", "reserved"});
  store::Limits limits;
  const Usages usage = app.database.read([&](platform::Session& session) {
    limits = app::project_limits(session, app.settings, project);
    return usages_of(session, project, "");
  });
  const Microversion version = request.context.version;
  base::JsonWriter json;
  json.begin_object();
  json.key("limits");
  json.begin_object();
  json.key("rate");
  json.raw("[]");
  json.key("absolute");
  json.begin_object();
  for (const AbsoluteLimit& row : kMaxima)
    if (version <= row.until) json.field(row.name, limits.at(std::string(row.resource)));
  json.field("totalRAMUsed", usage.servers.ram);
  json.field("totalCoresUsed", usage.servers.cores);
  json.field("totalInstancesUsed", usage.servers.instances);
  json.field("totalServerGroupsUsed", usage.server_groups);
  if (version <= Microversion{2, 35}) {
    json.field("totalFloatingIpsUsed", 0);
    json.field("totalSecurityGroupsUsed", 0);
  }
  json.end_object();
  json.end_object();
  json.end_object();
  return answer(json);
}

// The schema of a set at a version.
std::string set_schema(std::string_view key, bool of_class, Microversion version) {
  std::string properties;
  for (const QuotaField& field : kFields) {
    const bool known = of_class ? in_class(field, version) : version <= field.until;
    if (known)
      properties +=
          fmt::format(R"({}"{}":{{"type":["integer","string"],"pattern":"^-?[0-9]+$","minimum":-1,)"
                      R"("minLength":1,"maximum":2147483647}})",
                      properties.empty() ? "" : ",", field.resource);
  }
  if (!of_class)
    properties +=
        R"(,"force":{"type":["boolean","string"],"enum":[true,"True","TRUE","true","1","ON","On","on",)"
        R"("YES","Yes","yes","y","t",false,"False","FALSE","false","0","OFF","Off","off","NO","No",)"
        R"("no","n","f"]},"tenant_id":{"type":"string"})";
  return fmt::format(
      R"({{"type":"object","properties":{{"{0}":{{"type":"object","properties":{{{1}}},)"
      R"("minProperties":1,"additionalProperties":false}}}},"required":["{0}"],)"
      R"("additionalProperties":false}})",
      key, properties);
}

}  // namespace

openstack::Routes quota_routes(app::App& app) {
  static const openstack::Schema first(set_schema("quota_set", false, kFirst));
  static const openstack::Schema without_networks(set_schema("quota_set", false, {2, 36}));
  static const openstack::Schema without_files(set_schema("quota_set", false, {2, 57}));
  const char* const item = "/os-quota-sets/{project_id}";
  constexpr std::string_view rule = "os_compute_api:os-quota-sets:update";
  return {
      {"GET", item, "os_compute_api:os-quota-sets:show", bind(app, show_quota)},
      {"GET", "/os-quota-sets/{project_id}/defaults", "os_compute_api:os-quota-sets:defaults",
       bind(app, show_defaults)},
      {"GET", "/os-quota-sets/{project_id}/detail", "os_compute_api:os-quota-sets:detail",
       bind(app, show_detail)},
      {"PUT", item, rule, bind(app, update_quota), &first, kFirst, {2, 35}},
      {"PUT", item, rule, bind(app, update_quota), &without_networks, {2, 36}, {2, 56}},
      {"PUT", item, rule, bind(app, update_quota), &without_files, {2, 57}, kLatest},
      {"DELETE", item, "os_compute_api:os-quota-sets:delete", bind(app, remove_quota)},
  };
}

openstack::Routes quota_class_routes(app::App& app) {
  static const openstack::Schema first(set_schema("quota_class_set", true, kFirst));
  static const openstack::Schema with_groups(set_schema("quota_class_set", true, {2, 50}));
  static const openstack::Schema without_files(set_schema("quota_class_set", true, {2, 57}));
  const char* const item = "/os-quota-class-sets/{class_name}";
  constexpr std::string_view rule = "os_compute_api:os-quota-class-sets:update";
  return {
      {"GET", item, "os_compute_api:os-quota-class-sets:show", bind(app, show_class)},
      {"PUT", item, rule, bind(app, update_class), &first, kFirst, {2, 49}},
      {"PUT", item, rule, bind(app, update_class), &with_groups, {2, 50}, {2, 56}},
      {"PUT", item, rule, bind(app, update_class), &without_files, {2, 57}, kLatest},
  };
}

openstack::Routes limit_routes(app::App& app) {
  return {{"GET", "/limits", "os_compute_api:limits", bind(app, show_absolute)}};
}

}  // namespace nova::api
