// /os-quota-sets, /os-quota-class-sets and /limits.
// https://docs.openstack.org/api-ref/block-storage/v3/#quota-sets-extension-os-quota-sets
#include "cinder/app/quotas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/api/routes.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::Limits;

Response answer_limits(std::string_view key, const std::string& id, const Limits& limits) {
  base::JsonWriter json;
  json.begin_object();
  json.key(key);
  json.begin_object();
  if (!id.empty()) json.field("id", id);
  for (const auto& [resource, limit] : limits) json.field(resource, limit);
  json.end_object();
  json.end_object();
  return answer(json);
}

Response answer_usages(const std::string& project, const Limits& limits,
                       const std::map<std::string, int64_t>& used) {
  base::JsonWriter json;
  json.begin_object();
  json.key("quota_set");
  json.begin_object();
  json.field("id", project);
  for (const auto& [resource, limit] : limits) {
    const auto amount = used.find(resource);
    json.key(resource);
    json.begin_object();
    json.field("limit", limit);
    json.field("in_use", amount == used.end() ? 0 : amount->second);
    json.field("reserved", 0);
    json.end_object();
  }
  json.end_object();
  json.end_object();
  return answer(json);
}

Response show_quota(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  request.authorize("volume_extension:quotas:show", {{"project_id", project}});
  const bool usage = query_flag(request, "usage", false);
  return app.database.read([&](Session& session) {
    const Limits limits = app::project_limits(session, app.settings, project);
    if (!usage) return answer_limits("quota_set", project, limits);
    return answer_usages(project, limits, app::usages_of(session, project));
  });
}

Response show_default_quota(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  request.authorize("volume_extension:quotas:show", {{"project_id", project}});
  return answer_limits("quota_set", project, app.database.read([&](Session& session) {
    return app::default_limits(session, app.settings);
  }));
}

// Only resources that there are.
void set_limits(Session& session, const Json& wanted,
                const std::function<void(const std::string&, int64_t)>& set) {
  const auto known = app::quota_resources(session);
  for (const auto& [key, value] : wanted.get_object()) {
    const std::string resource(key);
    if (resource == "tenant_id" || resource == "force") continue;
    if (std::find(known.begin(), known.end(), resource) == known.end())
      bad_request("Bad key(s) in quota set: " + resource);
    const int64_t limit = integer_of(value);
    if (limit < -1 || limit > INT32_MAX)
      bad_request("Invalid input received: " + resource + " must be -1 or more.");
    set(resource, limit);
  }
}

Response update_quota(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  const auto limits = app.database.write("quota.update", [&](Session& session) {
    set_limits(session, inner(request, "quota_set"),
               [&](const std::string& resource, int64_t limit) {
                 store::set_quota(session, project, resource, limit);
               });
    return app::project_limits(session, app.settings, project);
  });
  return answer_limits("quota_set", "", limits);
}

Response delete_quota(app::App& app, ApiRequest& request) {
  app.database.write("quota.delete", [&](Session& session) {
    store::delete_quotas(session, request.parameter("project_id"));
  });
  return openstack::empty_response(200);
}

Limits limits_of_class(Session& session, const app::App& app, const std::string& name) {
  Limits limits = app::default_limits(session, app.settings);
  for (const auto& [resource, limit] : store::list_quota_class(session, name))
    limits[resource] = limit;
  return limits;
}

Response show_quota_class(app::App& app, ApiRequest& request) {
  const std::string& name = request.parameter("class_name");
  return answer_limits("quota_class_set", name, app.database.read([&](Session& session) {
    return limits_of_class(session, app, name);
  }));
}

Response update_quota_class(app::App& app, ApiRequest& request) {
  const std::string& name = request.parameter("class_name");
  const auto limits = app.database.write("quota.class", [&](Session& session) {
    set_limits(session, inner(request, "quota_class_set"),
               [&](const std::string& resource, int64_t limit) {
                 store::set_quota_class(session, name, resource, limit);
               });
    return limits_of_class(session, app, name);
  });
  return answer_limits("quota_class_set", "", limits);
}

// Names of GET /limits, with what they count.
struct AbsoluteLimit {
  std::string_view maximum;
  std::string_view used;
  std::string_view resource;
};
constexpr std::array kAbsolute{
    AbsoluteLimit{"maxTotalVolumes", "totalVolumesUsed", "volumes"},
    AbsoluteLimit{"maxTotalSnapshots", "totalSnapshotsUsed", "snapshots"},
    AbsoluteLimit{"maxTotalVolumeGigabytes", "totalGigabytesUsed", "gigabytes"},
    AbsoluteLimit{"maxTotalBackups", "totalBackupsUsed", "backups"},
    AbsoluteLimit{"maxTotalBackupGigabytes", "totalBackupGigabytesUsed", "backup_gigabytes"},
};

Response show_limits(app::App& app, ApiRequest& request) {
  std::string project = request.context.project_id();
  if (const auto other = request.query.get("project_id");
      other && request.context.is_admin() && request.context.version >= Microversion{3, 39})
    project = *other;
  Limits limits;
  const auto used = app.database.read([&](Session& session) {
    limits = app::project_limits(session, app.settings, project);
    return app::usages_of(session, project);
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("limits");
  json.begin_object();
  json.key("rate");
  json.raw("[]");
  json.key("absolute");
  json.begin_object();
  for (const AbsoluteLimit& limit : kAbsolute) {
    const std::string resource(limit.resource);
    json.field(limit.maximum, limits.at(resource));
    json.field(limit.used, used.at(resource));
  }
  json.end_object();
  json.end_object();
  json.end_object();
  return answer(json);
}

std::string limits_schema(std::string_view key) {
  return fmt::format(
      R"({{"type":"object","properties":{{"{0}":{{"type":"object","patternProperties":)"
      R"({{"^.{{1,300}}$":{{"type":["integer","string","boolean"],"minLength":1,)"
      R"("maxLength":255}}}},"additionalProperties":false}}}},"required":["{0}"],)"
      R"("additionalProperties":false}})",
      key);
}

}  // namespace

openstack::Routes quota_routes(app::App& app) {
  static const openstack::Schema of_project(limits_schema("quota_set"));
  static const openstack::Schema of_class(limits_schema("quota_class_set"));
  const char* const item = "/os-quota-sets/{project_id}";
  const char* const quota_class = "/os-quota-class-sets/{class_name}";
  return {
      {"GET", item, "volume_extension:quotas:show", bind(app, show_quota)},
      {"GET", "/os-quota-sets/{project_id}/defaults", "volume_extension:quotas:show",
       bind(app, show_default_quota)},
      {"PUT", item, "volume_extension:quotas:update", bind(app, update_quota), &of_project},
      {"DELETE", item, "volume_extension:quotas:delete", bind(app, delete_quota)},
      {"GET", quota_class, "volume_extension:quota_classes:get", bind(app, show_quota_class)},
      {"PUT", quota_class, "volume_extension:quota_classes:update", bind(app, update_quota_class),
       &of_class},
  };
}

openstack::Routes limit_routes(app::App& app) {
  return {{"GET", "/limits", "limits_extension:used_limits", bind(app, show_limits)}};
}

}  // namespace cinder::api
