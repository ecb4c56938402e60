// OS-TRUST.
#include "keystone/api/delegation_input.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/crud.hpp"

namespace keystone::api {
namespace {

using store::Trust;

const Schema& create_schema() {
  static const Schema schema =
      entity_schema("trust",
                    {{"trustor_user_id", kId},
                     {"trustee_user_id", kId},
                     {"project_id", kIdOrNull},
                     {"impersonation", kFlag},
                     {"expires_at", kTextOrNull},
                     {"remaining_uses", R"({"type":["integer","null"],"minimum":1})"},
                     {"roles", kRoleReferences}},
                    {"trustor_user_id", "trustee_user_id", "impersonation"});
  return schema;
}

JsonObject trust_view(const Trust& trust, const std::string& base) {
  JsonObject view = start_view("{}", base + "/OS-TRUST/trusts/" + trust.id);
  view["id"] = trust.id;
  view["trustor_user_id"] = trust.trustor_user_id;
  view["trustee_user_id"] = trust.trustee_user_id;
  view["project_id"] = or_null(trust.project_id);
  view["impersonation"] = trust.impersonation;
  view["expires_at"] = time_or_null(trust.expires_at);
  view["deleted_at"] = time_or_null(trust.deleted_at);
  view["remaining_uses"] = trust.remaining_uses ? Json(*trust.remaining_uses) : Json(nullptr);
  view["redelegation_count"] = trust.redelegation_count;
  view["redelegated_trust_id"] = or_null(trust.redelegated_trust_id);
  return view;
}

Response trust_response(Core& core, const ApiRequest& request, int status, const Trust& trust) {
  const std::string base = url_base(core, request);
  JsonObject view = trust_view(trust, base);
  JsonArray roles;
  core.read([&](platform::Session& session) {
    for (const store::Role& role : app::roles_in(session, trust.roles))
      roles.push_back(role_view(role, base));
  });
  view["roles"] = std::move(roles);
  view["roles_links"] =
      JsonObject{{"self", fmt::format("{}/OS-TRUST/trusts/{}/roles", base, trust.id)},
                 {"next", nullptr},
                 {"previous", nullptr}};
  return entity_response(status, "trust", std::move(view));
}

// A trust is seen by its trustor, its trustee and the administrator.
Trust get_visible_trust(Core& core, const ApiRequest& request, std::string_view rule) {
  const Trust trust = core.read([&](platform::Session& session) {
    return app::get_trust(session, request.parameter("trust_id"));
  });
  if (!request.policy.allows(request.context, rule, {{"user_id", trust.trustee_user_id}}))
    request.authorize(rule, {{"user_id", trust.trustor_user_id}});
  return trust;
}

Response create_trust(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "trust");
  app::TrustSpec spec;
  take(body, "trustor_user_id", spec.trustor_user_id);
  request.authorize("identity:create_trust", {{"user_id", spec.trustor_user_id}});
  take(body, "trustee_user_id", spec.trustee_user_id);
  take(body, "project_id", spec.project_id);
  take(body, "impersonation", spec.impersonation);
  int64_t uses = 0;
  take(body, "remaining_uses", uses);
  if (uses > 0) spec.remaining_uses = uses;
  spec.expires_at = expiry_in(body);
  spec.roles = role_references_in(body);
  return trust_response(core, request, 201, app::create_trust(core, request.context, spec));
}

Response list_trusts(Core& core, ApiRequest& request) {
  const auto trustor = text_filter(request, "trustor_user_id");
  const auto trustee = text_filter(request, "trustee_user_id");
  if (!trustor && !trustee) request.authorize("identity:list_trusts", {});
  if (trustor) request.authorize("identity:list_trusts_for_trustor", {{"user_id", *trustor}});
  if (trustee) request.authorize("identity:list_trusts_for_trustee", {{"user_id", *trustee}});
  store::Conditions where;
  where.equal_if("trustor_user_id", trustor)
      .equal_if("trustee_user_id", trustee)
      .add("deleted_at IS NULL");
  return list_response(core, request, "trusts", app::list_rows<Trust>(core, where), trust_view);
}

Response show_trust(Core& core, ApiRequest& request) {
  return trust_response(core, request, 200, get_visible_trust(core, request, "identity:get_trust"));
}

Response remove_trust(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("trust_id");
  const Trust trust =
      core.read([&](platform::Session& session) { return app::get_trust(session, id); });
  request.authorize("identity:delete_trust", {{"user_id", trust.trustor_user_id}});
  app::delete_trust(core, id);
  return openstack::empty_response(204);
}

Response list_trust_roles(Core& core, ApiRequest& request) {
  const Trust trust = get_visible_trust(core, request, "identity:list_roles_for_trust");
  const auto roles =
      core.read([&](platform::Session& session) { return app::roles_in(session, trust.roles); });
  return list_response(core, request, "roles", roles, role_view);
}

Response show_trust_role(Core& core, ApiRequest& request) {
  const Trust trust = get_visible_trust(core, request, "identity:get_role_for_trust");
  const std::string& role_id = request.parameter("role_id");
  const auto roles =
      core.read([&](platform::Session& session) { return app::roles_in(session, trust.roles); });
  for (const store::Role& role : roles)
    if (role.id == role_id)
      return entity_response(200, "role", role_view(role, url_base(core, request)));
  throw store::not_found("role", role_id);
}

}  // namespace

Routes trusts_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kTrust = "/OS-TRUST/trusts/{trust_id}";
  // Whose trust it is only its row tells: the handlers decide.
  return {
      {"GET", "/OS-TRUST/trusts", kAuthenticated, on(list_trusts)},
      {"POST", "/OS-TRUST/trusts", kAuthenticated, on(create_trust), &create_schema()},
      {"GET", kTrust, kAuthenticated, on(show_trust)},
      {"DELETE", kTrust, kAuthenticated, on(remove_trust)},
      {"GET", "/OS-TRUST/trusts/{trust_id}/roles", kAuthenticated, on(list_trust_roles)},
      {"GET", "/OS-TRUST/trusts/{trust_id}/roles/{role_id}", kAuthenticated, on(show_trust_role)},
  };
}

}  // namespace keystone::api
