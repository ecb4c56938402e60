// /roles, what they imply, and /role_inferences.
#include "keystone/app/roles.hpp"

#include <map>

#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"

namespace keystone::api {
namespace {

using store::Role;

const Schema& role_create() {
  static const Schema schema = entity_schema("role",
                                             {{"name", kName},
                                              {"description", kTextOrNull},
                                              {"domain_id", kIdOrNull},
                                              {"options", kObject}},
                                             {"name"});
  return schema;
}
const Schema& role_update() {
  static const Schema schema = entity_schema(
      "role", {{"name", kName}, {"description", kTextOrNull}, {"options", kObject}}, {}, 1);
  return schema;
}

void apply(const Json& body, Role& role) {
  take(body, "name", role.name);
  take(body, "description", role.description);
  take(body, "domain_id", role.domain_id);
  take_extra(body, {"name", "description", "domain_id"}, role.extra);
  take_options(body, role.options);
}

// Without a domain_id only global roles are listed.
Response list_roles(Core& core, ApiRequest& request) {
  const auto roles = core.read([&](platform::Session& session) {
    store::Conditions where;
    where.equal("domain_id", text_filter(request, "domain_id").value_or(""))
        .equal_if("name", text_filter(request, "name"));
    return store::list<Role>(session, where);
  });
  return list_response(core, request, "roles", roles, role_view);
}

Response show_role(Core& core, ApiRequest& request) {
  const auto role = core.read([&](platform::Session& session) {
    return store::get_by_id<Role>(session, request.parameter("role_id"));
  });
  return entity_response(200, "role", role_view(role, url_base(core, request)));
}

Response create_role(Core& core, ApiRequest& request) {
  Role role;
  apply(entity_of(request, "role"), role);
  return entity_response(201, "role",
                         role_view(app::create_role(core, role), url_base(core, request)));
}

Response update_role(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "role");
  const Role role =
      app::update_role(core, request.parameter("role_id"), [&](Role& row) { apply(body, row); });
  return entity_response(200, "role", role_view(role, url_base(core, request)));
}

Response delete_role(Core& core, ApiRequest& request) {
  app::delete_role(core, request.parameter("role_id"));
  return openstack::empty_response(204);
}

JsonObject short_role(const Role& role, const std::string& base) {
  JsonObject view;
  view["id"] = role.id;
  view["name"] = role.name;
  view["links"] = JsonObject{{"self", base + "/roles/" + role.id}};
  return view;
}

Response pair_response(Core& core, ApiRequest& request, int status, const app::RolePair& pair) {
  const std::string base = url_base(core, request);
  JsonObject inference;
  inference["prior_role"] = short_role(pair.prior, base);
  inference["implies"] = short_role(pair.implied, base);
  JsonObject body;
  body["role_inference"] = std::move(inference);
  body["links"] = JsonObject{
      {"self", fmt::format("{}/roles/{}/implies/{}", base, pair.prior.id, pair.implied.id)}};
  return openstack::json_response(status, base::to_text(Json(std::move(body))));
}

// {"prior_role": ..., "implies": [...]} per role that implies others; of one role or of all.
JsonArray inferences(platform::Session& session, const std::string& base,
                     const std::optional<std::string>& prior_id) {
  std::map<std::string, JsonArray> implied;
  if (prior_id) implied[*prior_id];
  for (const store::ImpliedRole& rule : store::list_implied_roles(session)) {
    if (prior_id && *prior_id != rule.prior_role_id) continue;
    const auto role = store::find_by_id<Role>(session, rule.implied_role_id);
    if (role) implied[rule.prior_role_id].push_back(short_role(*role, base));
  }
  JsonArray rules;
  for (auto& [id, implies] : implied) {
    JsonObject rule;
    rule["prior_role"] = short_role(store::get_by_id<Role>(session, id), base);
    rule["implies"] = std::move(implies);
    rules.push_back(std::move(rule));
  }
  return rules;
}

Response list_implied(Core& core, ApiRequest& request) {
  const std::string base = url_base(core, request);
  const std::string& id = request.parameter("role_id");
  JsonArray rules =
      core.read([&](platform::Session& session) { return inferences(session, base, id); });
  JsonObject body;
  body["role_inference"] = std::move(rules.front());
  body["links"] = JsonObject{{"self", fmt::format("{}/roles/{}/implies", base, id)}};
  return openstack::json_response(200, base::to_text(Json(std::move(body))));
}

Response list_inferences(Core& core, ApiRequest& request) {
  const std::string base = url_base(core, request);
  return collection_response(core, request, "role_inferences",
                             core.read([&](platform::Session& session) {
                               return inferences(session, base, std::nullopt);
                             }));
}

Response show_implied(Core& core, ApiRequest& request) {
  const auto pair = app::get_implication(core, request.parameter("role_id"),
                                         request.parameter("implied_role_id"));
  return pair_response(core, request, 200, pair);
}

Response check_implied(Core& core, ApiRequest& request) {
  (void)app::get_implication(core, request.parameter("role_id"),
                             request.parameter("implied_role_id"));
  return openstack::empty_response(204);
}

Response create_implied(Core& core, ApiRequest& request) {
  const auto pair = app::create_implication(core, request.parameter("role_id"),
                                            request.parameter("implied_role_id"));
  return pair_response(core, request, 201, pair);
}

Response delete_implied(Core& core, ApiRequest& request) {
  app::delete_implication(core, request.parameter("role_id"), request.parameter("implied_role_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes roles_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kImplies = "/roles/{role_id}/implies/{implied_role_id}";
  return {
      {"GET", "/roles", "identity:list_roles", on(list_roles)},
      {"POST", "/roles", "identity:create_role", on(create_role), &role_create()},
      {"GET", "/roles/{role_id}", "identity:get_role", on(show_role)},
      {"PATCH", "/roles/{role_id}", "identity:update_role", on(update_role), &role_update()},
      {"DELETE", "/roles/{role_id}", "identity:delete_role", on(delete_role)},
      {"GET", "/roles/{role_id}/implies", "identity:list_implied_roles", on(list_implied)},
      {"GET", kImplies, "identity:get_implied_role", on(show_implied)},
      {"HEAD", kImplies, "identity:check_implied_role", on(check_implied)},
      {"PUT", kImplies, "identity:create_implied_role", on(create_implied)},
      {"DELETE", kImplies, "identity:delete_implied_role", on(delete_implied)},
      {"GET", "/role_inferences", "identity:list_role_inference_rules", on(list_inferences)},
  };
}

}  // namespace keystone::api
