// /users/{user_id}/application_credentials and /users/{user_id}/access_rules.
#include "keystone/api/delegation_input.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/app/crud.hpp"

namespace keystone::api {
namespace {

using store::AccessRule;
using store::ApplicationCredential;

constexpr std::string_view kAccessRules =
    R"({"type":"array","items":{"type":"object","additionalProperties":false,"properties":)"
    R"({"id":{"type":"string"},"service":{"type":"string","minLength":1,"maxLength":255},)"
    R"("path":{"type":"string","minLength":1,"maxLength":128,"pattern":"^/"},)"
    R"("method":{"type":"string","pattern":"^(POST|GET|HEAD|PATCH|PUT|DELETE)$"}}}})";

const Schema& create_schema() {
  static const Schema schema = entity_schema("application_credential",
                                             {{"name", kName},
                                              {"description", kTextOrNull},
                                              {"secret", kTextOrNull},
                                              {"expires_at", kTextOrNull},
                                              {"roles", kRoleReferences},
                                              {"unrestricted", kFlag},
                                              {"access_rules", kAccessRules}},
                                             {"name"});
  return schema;
}

// What belongs to a user is that user's and the administrator's.
const std::string& authorized_user(const ApiRequest& request, std::string_view rule) {
  const std::string& id = request.parameter("user_id");
  request.authorize(rule, {{"user_id", id}});
  return id;
}

JsonObject rule_view(const AccessRule& rule) {
  return {{"id", rule.id}, {"service", rule.service}, {"path", rule.path}, {"method", rule.method}};
}

JsonObject application_credential_view(platform::Session& session,
                                       const ApplicationCredential& credential,
                                       const std::string& base) {
  JsonObject view = start_view("{}", fmt::format("{}/users/{}/application_credentials/{}", base,
                                                 credential.user_id, credential.id));
  view["id"] = credential.id;
  view["name"] = credential.name;
  view["description"] = or_null(credential.description);
  view["user_id"] = credential.user_id;
  view["project_id"] = credential.project_id;
  view["system"] = nullptr;
  view["unrestricted"] = credential.is_unrestricted;
  view["expires_at"] = credential.expires_at
                           ? Json(base::format_microseconds_without_zone(*credential.expires_at))
                           : Json(nullptr);
  JsonArray roles;
  for (const store::Role& role : app::roles_in(session, credential.roles))
    roles.push_back(
        JsonObject{{"id", role.id}, {"name", role.name}, {"domain_id", or_null(role.domain_id)}});
  view["roles"] = std::move(roles);
  JsonArray rules;
  for (const std::string& id : app::ids_in(credential.access_rules))
    if (const auto rule = store::find_by_id<AccessRule>(session, id))
      rules.push_back(rule_view(*rule));
  if (!rules.empty()) view["access_rules"] = std::move(rules);
  return view;
}

std::vector<app::AccessRuleSpec> access_rules_in(const Json& body) {
  std::vector<app::AccessRuleSpec> specs;
  const Json* rules = base::find(body, "access_rules");
  if (!rules || !rules->is_array()) return specs;
  for (const Json& rule : rules->get_array()) {
    app::AccessRuleSpec spec{base::text_or(rule, "id"), base::text_or(rule, "service"),
                             base::text_or(rule, "path"), base::text_or(rule, "method")};
    if (spec.id.empty() && (spec.service.empty() || spec.path.empty() || spec.method.empty()))
      throw base::Error(base::ErrorKind::bad_request,
                        "An access rule needs 'service', 'path' and 'method', or the 'id' of one "
                        "that exists.");
    specs.push_back(std::move(spec));
  }
  return specs;
}

Response create_application_credential(Core& core, ApiRequest& request) {
  app::ApplicationCredentialSpec spec;
  spec.user_id = authorized_user(request, "identity:create_application_credential");
  const Json& body = entity_of(request, "application_credential");
  take(body, "name", spec.name);
  take(body, "description", spec.description);
  take(body, "secret", spec.secret);
  take(body, "unrestricted", spec.is_unrestricted);
  spec.expires_at = expiry_in(body);
  spec.roles = role_references_in(body);
  spec.access_rules = access_rules_in(body);
  const auto created = app::create_application_credential(core, request.context, spec);
  JsonObject view = core.read([&](platform::Session& session) {
    return application_credential_view(session, created.credential, url_base(core, request));
  });
  view["secret"] = created.secret;
  return entity_response(201, "application_credential", std::move(view));
}

Response list_application_credentials(Core& core, ApiRequest& request) {
  const std::string& user_id = authorized_user(request, "identity:list_application_credentials");
  JsonArray views = core.read([&](platform::Session& session) {
    store::Conditions where;
    where.equal("user_id", user_id).equal_if("name", text_filter(request, "name"));
    JsonArray array;
    for (const auto& credential : store::list<ApplicationCredential>(session, where))
      array.push_back(application_credential_view(session, credential, url_base(core, request)));
    return array;
  });
  return collection_response(core, request, "application_credentials", std::move(views));
}

Response show_application_credential(Core& core, ApiRequest& request) {
  const std::string& user_id = authorized_user(request, "identity:get_application_credential");
  return core.read([&](platform::Session& session) {
    const auto credential =
        app::get_application_credential(session, user_id, request.parameter("credential_id"));
    return entity_response(
        200, "application_credential",
        application_credential_view(session, credential, url_base(core, request)));
  });
}

Response remove_application_credential(Core& core, ApiRequest& request) {
  const std::string& user_id = authorized_user(request, "identity:delete_application_credential");
  app::delete_application_credential(core, request.context, user_id,
                                     request.parameter("credential_id"));
  return openstack::empty_response(204);
}

JsonObject linked_rule_view(const AccessRule& rule, const std::string& base) {
  JsonObject view = rule_view(rule);
  view["links"] =
      JsonObject{{"self", fmt::format("{}/users/{}/access_rules/{}", base, rule.user_id, rule.id)}};
  return view;
}

Response list_rules(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal("user_id", authorized_user(request, "identity:list_access_rules"))
      .equal_if("service", text_filter(request, "service"))
      .equal_if("path", text_filter(request, "path"))
      .equal_if("method", text_filter(request, "method"));
  return list_response(core, request, "access_rules", app::list_rows<AccessRule>(core, where),
                       linked_rule_view);
}

Response show_rule(Core& core, ApiRequest& request) {
  const std::string& user_id = authorized_user(request, "identity:get_access_rule");
  const auto rule = core.read([&](platform::Session& session) {
    return app::get_access_rule(session, user_id, request.parameter("rule_id"));
  });
  return entity_response(200, "access_rule", linked_rule_view(rule, url_base(core, request)));
}

Response delete_rule(Core& core, ApiRequest& request) {
  const std::string& user_id = authorized_user(request, "identity:delete_access_rule");
  app::delete_access_rule(core, user_id, request.parameter("rule_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes application_credentials_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kAll = "/users/{user_id}/application_credentials";
  constexpr std::string_view kOne = "/users/{user_id}/application_credentials/{credential_id}";
  constexpr std::string_view kRule = "/users/{user_id}/access_rules/{rule_id}";
  return {
      {"GET", kAll, "identity:list_application_credentials", on(list_application_credentials)},
      {"POST", kAll, "identity:create_application_credential", on(create_application_credential),
       &create_schema()},
      {"GET", kOne, "identity:get_application_credential", on(show_application_credential)},
      {"DELETE", kOne, "identity:delete_application_credential", on(remove_application_credential)},
      {"GET", "/users/{user_id}/access_rules", "identity:list_access_rules", on(list_rules)},
      {"GET", kRule, "identity:get_access_rule", on(show_rule)},
      {"DELETE", kRule, "identity:delete_access_rule", on(delete_rule)},
  };
}

}  // namespace keystone::api
