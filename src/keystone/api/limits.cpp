// Unified limits: /registered_limits and /limits, with the model "flat".
#include "keystone/app/limits.hpp"
#include "keystone/api/common.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/app/crud.hpp"

namespace keystone::api {
namespace {

using store::Limit;
using store::RegisteredLimit;

const Schema& registered_create() {
  static const Schema schema(R"({"type":"object","required":["registered_limits"],"properties":{
    "registered_limits":{"type":"array","minItems":1,"items":{"type":"object",
      "required":["service_id","resource_name","default_limit"],"additionalProperties":false,
      "properties":{"service_id":{"type":"string"},"region_id":{"type":["string","null"]},
        "resource_name":{"type":"string","minLength":1,"maxLength":255},
        "default_limit":{"type":"integer","minimum":-1,"maximum":2147483647},
        "description":{"type":["string","null"]}}}}}})");
  return schema;
}
const Schema& registered_update() {
  static const Schema schema =
      entity_schema("registered_limit",
                    {{"service_id", kText},
                     {"region_id", kTextOrNull},
                     {"resource_name", R"({"type":"string","minLength":1,"maxLength":255})"},
                     {"default_limit", R"({"type":"integer","minimum":-1,"maximum":2147483647})"},
                     {"description", kTextOrNull}},
                    {}, 1);
  return schema;
}
const Schema& limits_create() {
  static const Schema schema(R"({"type":"object","required":["limits"],"properties":{
    "limits":{"type":"array","minItems":1,"items":{"type":"object",
      "required":["service_id","resource_name","resource_limit"],"additionalProperties":false,
      "properties":{"project_id":{"type":["string","null"]},"domain_id":{"type":["string","null"]},
        "service_id":{"type":"string"},"region_id":{"type":["string","null"]},
        "resource_name":{"type":"string","minLength":1,"maxLength":255},
        "resource_limit":{"type":"integer","minimum":-1,"maximum":2147483647},
        "description":{"type":["string","null"]}}}}}})");
  return schema;
}
const Schema& limit_update() {
  static const Schema schema =
      entity_schema("limit",
                    {{"resource_limit", R"({"type":"integer","minimum":-1,"maximum":2147483647})"},
                     {"description", kTextOrNull}},
                    {}, 1);
  return schema;
}

void apply(const Json& body, RegisteredLimit& limit) {
  take(body, "service_id", limit.service_id);
  take(body, "region_id", limit.region_id);
  take(body, "resource_name", limit.resource_name);
  take(body, "default_limit", limit.default_limit);
  take(body, "description", limit.description);
}

JsonObject registered_view(const RegisteredLimit& limit, const std::string& base) {
  JsonObject view = start_view("{}", base + "/registered_limits/" + limit.id);
  view["id"] = limit.id;
  view["service_id"] = limit.service_id;
  view["region_id"] = or_null(limit.region_id);
  view["resource_name"] = limit.resource_name;
  view["default_limit"] = limit.default_limit;
  view["description"] = or_null(limit.description);
  return view;
}

JsonObject limit_view(const Limit& limit, const std::string& base) {
  JsonObject view = start_view("{}", base + "/limits/" + limit.id);
  view["id"] = limit.id;
  view["project_id"] = or_null(limit.project_id);
  view["domain_id"] = or_null(limit.domain_id);
  view["service_id"] = limit.service_id;
  view["region_id"] = or_null(limit.region_id);
  view["resource_name"] = limit.resource_name;
  view["resource_limit"] = limit.resource_limit;
  view["description"] = or_null(limit.description);
  return view;
}

store::Conditions common_filters(const ApiRequest& request) {
  store::Conditions where;
  where.equal_if("service_id", text_filter(request, "service_id"))
      .equal_if("region_id", text_filter(request, "region_id"))
      .equal_if("resource_name", text_filter(request, "resource_name"));
  return where;
}

Response list_registered(Core& core, ApiRequest& request) {
  return list_response(core, request, "registered_limits",
                       app::list_rows<RegisteredLimit>(core, common_filters(request)),
                       registered_view);
}

Response show_registered(Core& core, ApiRequest& request) {
  const auto limit = app::get_row<RegisteredLimit>(core, request.parameter("limit_id"));
  return entity_response(200, "registered_limit", registered_view(limit, url_base(core, request)));
}

template <class View, class Rows>
Response created(Core& core, const ApiRequest& request, std::string_view key, const Rows& rows,
                 View view) {
  Response response = list_response(core, request, key, rows, view);
  response.status = 201;
  return response;
}

Response create_registered(Core& core, ApiRequest& request) {
  std::vector<RegisteredLimit> rows;
  for (const Json& body : base::find(request.body, "registered_limits")->as_array())
    apply(body, rows.emplace_back());
  return created(core, request, "registered_limits",
                 app::create_registered_limits(core, std::move(rows)), registered_view);
}

Response update_registered(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "registered_limit");
  const auto limit = app::update_row<RegisteredLimit>(
      core, request.parameter("limit_id"), [&](RegisteredLimit& row) { apply(body, row); },
      app::check_registered_limit);
  return entity_response(200, "registered_limit", registered_view(limit, url_base(core, request)));
}

Response delete_registered(Core& core, ApiRequest& request) {
  app::delete_row<RegisteredLimit>(core, request.parameter("limit_id"),
                                   app::before_registered_limit_delete);
  return openstack::empty_response(204);
}

// Everybody sees the limits of the own scope, an administrator all.
Response list_limits(Core& core, ApiRequest& request) {
  store::Conditions where = common_filters(request);
  where.equal_if("project_id", text_filter(request, "project_id"))
      .equal_if("domain_id", text_filter(request, "domain_id"));
  if (!request.policy.allows(request.context, "identity:list_all_limits", {})) {
    const openstack::Identity& identity = request.context.identity;
    where.add("((project_id<>'' AND project_id=?) OR (domain_id<>'' AND domain_id=?))",
              {identity.project_id, identity.domain_id});
  }
  return list_response(core, request, "limits", app::list_rows<Limit>(core, where), limit_view);
}

Response show_limit(Core& core, ApiRequest& request) {
  const auto limit = app::get_row<Limit>(core, request.parameter("limit_id"));
  request.authorize("identity:get_limit",
                    {{"project_id", limit.project_id}, {"domain_id", limit.domain_id}});
  return entity_response(200, "limit", limit_view(limit, url_base(core, request)));
}

Response create_limits(Core& core, ApiRequest& request) {
  std::vector<Limit> rows;
  for (const Json& body : base::find(request.body, "limits")->as_array()) {
    Limit& row = rows.emplace_back();
    take(body, "project_id", row.project_id);
    take(body, "domain_id", row.domain_id);
    take(body, "service_id", row.service_id);
    take(body, "region_id", row.region_id);
    take(body, "resource_name", row.resource_name);
    take(body, "resource_limit", row.resource_limit);
    take(body, "description", row.description);
  }
  return created(core, request, "limits", app::create_limits(core, std::move(rows)), limit_view);
}

Response update_limit(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "limit");
  const auto limit = app::update_row<Limit>(core, request.parameter("limit_id"), [&](Limit& row) {
    take(body, "resource_limit", row.resource_limit);
    take(body, "description", row.description);
  });
  return entity_response(200, "limit", limit_view(limit, url_base(core, request)));
}

Response delete_limit(Core& core, ApiRequest& request) {
  app::delete_row<Limit>(core, request.parameter("limit_id"));
  return openstack::empty_response(204);
}

Response show_model(Core&, ApiRequest&) {
  return entity_response(200, "model",
                         {{"name", "flat"},
                          {"description",
                           "Limit enforcement and validation does not take project hierarchy into "
                           "consideration."}});
}

}  // namespace

Routes limits_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kRegistered = "/registered_limits/{limit_id}";
  constexpr std::string_view kLimit = "/limits/{limit_id}";
  return {
      {"GET", "/registered_limits", "identity:list_registered_limits", on(list_registered)},
      {"POST", "/registered_limits", "identity:create_registered_limits", on(create_registered),
       &registered_create()},
      {"GET", kRegistered, "identity:get_registered_limit", on(show_registered)},
      {"PATCH", kRegistered, "identity:update_registered_limit", on(update_registered),
       &registered_update()},
      {"DELETE", kRegistered, "identity:delete_registered_limit", on(delete_registered)},
      {"GET", "/limits", "identity:list_limits", on(list_limits)},
      {"POST", "/limits", "identity:create_limits", on(create_limits), &limits_create()},
      {"GET", "/limits/model", "identity:get_limit_model", on(show_model)},
      {"GET", kLimit, kAuthenticated, on(show_limit)},
      {"PATCH", kLimit, "identity:update_limit", on(update_limit), &limit_update()},
      {"DELETE", kLimit, "identity:delete_limit", on(delete_limit)},
  };
}

}  // namespace keystone::api
