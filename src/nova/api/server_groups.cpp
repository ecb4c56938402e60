// /os-server-groups. https://docs.openstack.org/api-ref/compute/#server-groups-os-server-groups
#include "nova/store/server_groups.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/quotas.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using store::ServerGroupRow;

constexpr Microversion kOwners{2, 13};
constexpr Microversion kOnePolicy{2, 64};

void write_group(base::JsonWriter& json, const ServerGroupRow& group,
                 const std::vector<store::GroupMember>& members, Microversion version) {
  json.begin_object();
  json.field("id", group.id);
  json.field("name", group.name);
  if (version >= kOnePolicy) {
    json.field("policy", group.policy);
    json.key("rules");
    json.raw(group.rules);
  } else {
    json.field("policies", std::vector<std::string>{group.policy});
    json.key("metadata");
    json.raw("{}");
  }
  json.key("members");
  json.begin_array();
  for (const auto& member : members) json.value(member.instance_id);
  json.end_array();
  if (version >= kOwners) {
    json.field("project_id", group.project_id);
    json.field("user_id", group.user_id);
  }
  json.end_object();
}

Response answer_group(const ApiRequest& request, const ServerGroupRow& group,
                      const std::vector<store::GroupMember>& members) {
  base::JsonWriter json;
  json.begin_object();
  json.key("server_group");
  write_group(json, group, members, request.context.version);
  json.end_object();
  return answer(json);
}

ServerGroupRow get_group(platform::Session& session, const ApiRequest& request) {
  const std::string& id = request.parameter("group_id");
  auto group = store::find_server_group(session, id);
  const bool own =
      group && (group->project_id == request.context.project_id() || request.context.is_admin());
  if (!own) not_found("Instance group " + id + " could not be found.");
  return *std::move(group);
}

int64_t number_of(const ApiRequest& request, std::string_view name, int64_t fallback) {
  const auto text = request.query.get(name);
  if (!text) return fallback;
  const auto number = base::parse_integer(*text);
  if (!number || *number < 0)
    bad_request(fmt::format("Invalid input for query parameters {}.", name));
  return *number;
}

Response list_server_groups(app::App& app, ApiRequest& request) {
  if (request.context.version >= Microversion{2, 75})
    refuse_unknown_query(request, {"all_projects", "limit", "offset"});
  const bool all = query_flag(request, "all_projects", false) && request.context.is_admin();
  int64_t limit = number_of(request, "limit", app.settings.max_limit);
  if (limit == 0 || limit > app.settings.max_limit) limit = app.settings.max_limit;
  const int64_t offset = number_of(request, "offset", 0);
  base::JsonWriter json;
  json.begin_object();
  json.key("server_groups");
  json.begin_array();
  app.database.read([&](platform::Session& session) {
    for (const auto& group :
         store::list_server_groups(session, all ? "" : request.context.project_id(), limit, offset))
      write_group(json, group, store::list_group_members(session, group.id),
                  request.context.version);
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_server_group(app::App& app, ApiRequest& request) {
  std::vector<store::GroupMember> members;
  const auto group = app.database.read([&](platform::Session& session) {
    auto row = get_group(session, request);
    members = store::list_group_members(session, row.id);
    return row;
  });
  return answer_group(request, group, members);
}

void read_rules(const Json& body, ServerGroupRow& group) {
  group.policy = base::text_or(body, "policy");
  const Json* rules = base::find(body, "rules");
  if (!rules || rules->get_object().empty()) return;
  if (group.policy != "anti-affinity") bad_request("Only anti-affinity policy supports rules.");
  base::JsonWriter json;
  json.begin_object();
  json.field("max_server_per_host", integer_of(*base::find(*rules, "max_server_per_host")));
  json.end_object();
  group.rules = json.take();
}

Response create_server_group(app::App& app, ApiRequest& request) {
  const Json& body = inner(request, "server_group");
  ServerGroupRow group;
  group.id = app.uuid();
  group.project_id = request.context.project_id();
  group.user_id = request.context.user_id();
  group.name = base::text_or(body, "name");
  if (const Json* policies = base::find(body, "policies"))
    group.policy = text_of(policies->get_array().front());
  else
    read_rules(body, group);
  group.created_at = app.now();
  app.database.write("server_group.create", [&](platform::Session& session) {
    const int64_t limit =
        app::project_limits(session, app.settings, group.project_id).at("server_groups");
    if (limit >= 0 && store::count_server_groups(session, group.project_id) >= limit)
      throw base::Error(base::ErrorKind::forbidden, "Quota exceeded, too many server groups.");
    platform::insert(session, group);
  });
  return answer_group(request, group, {});
}

Response remove_server_group(app::App& app, ApiRequest& request) {
  app.database.write("server_group.delete", [&](platform::Session& session) {
    store::delete_server_group(session, get_group(session, request).id);
  });
  return openstack::empty_response(204);
}

std::string create_schema(std::string_view fields, std::string_view required) {
  return fmt::format(
      R"({{"type":"object","properties":{{"server_group":{{"type":"object","properties":{{)"
      R"("name":{{"type":"string","minLength":1,"maxLength":255,"format":"name"}},{}}},)"
      R"("required":["name","{}"],"additionalProperties":false}}}},)"
      R"("required":["server_group"],"additionalProperties":false}})",
      fields, required);
}

}  // namespace

openstack::Routes server_group_routes(app::App& app) {
  static const openstack::Schema first(create_schema(
      R"("policies":{"type":"array","items":{"type":"string","enum":["anti-affinity","affinity"]},)"
      R"("minItems":1,"maxItems":1,"uniqueItems":true})",
      "policies"));
  static const openstack::Schema soft(create_schema(
      R"("policies":{"type":"array","items":{"type":"string","enum":["anti-affinity","affinity",)"
      R"("soft-anti-affinity","soft-affinity"]},"minItems":1,"maxItems":1,"uniqueItems":true})",
      "policies"));
  static const openstack::Schema one_policy(create_schema(
      R"("policy":{"type":"string","enum":["anti-affinity","affinity","soft-anti-affinity",)"
      R"("soft-affinity"]},"rules":{"type":"object","properties":{"max_server_per_host":)"
      R"({"type":["integer","string"],"pattern":"^[0-9]+$","minimum":1}},)"
      R"("additionalProperties":false})",
      "policy"));
  constexpr std::string_view rule = "os_compute_api:os-server-groups:create";
  const char* const item = "/os-server-groups/{group_id}";
  return {
      {"GET", "/os-server-groups", "os_compute_api:os-server-groups:index",
       bind(app, list_server_groups)},
      {"POST", "/os-server-groups", rule, bind(app, create_server_group), &first, kFirst, {2, 14}},
      {"POST", "/os-server-groups", rule, bind(app, create_server_group), &soft, {2, 15}, {2, 63}},
      {"POST", "/os-server-groups", rule, bind(app, create_server_group), &one_policy, kOnePolicy,
       kLatest},
      {"GET", item, "os_compute_api:os-server-groups:show", bind(app, show_server_group)},
      {"DELETE", item, "os_compute_api:os-server-groups:delete", bind(app, remove_server_group)},
  };
}

}  // namespace nova::api
