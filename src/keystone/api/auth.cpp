// /auth: tokens, what a token may be scoped to, the catalog; and the events that end tokens.
#include "keystone/api/auth_input.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/assignments.hpp"
#include "keystone/app/authentication.hpp"
#include "keystone/app/catalog.hpp"

namespace keystone::api {
namespace {

using openstack::Identity;
using openstack::TokenData;

JsonObject named(const std::string& id, const std::string& name) {
  return {{"id", id}, {"name", name}};
}

JsonArray catalog_view(platform::Session& session, const Identity& identity) {
  JsonArray catalog;
  for (const app::CatalogEntry& entry : app::make_catalog(session, identity)) {
    JsonArray endpoints;
    for (const store::Endpoint& endpoint : entry.endpoints)
      endpoints.push_back(JsonObject{{"id", endpoint.id},
                                     {"interface", endpoint.interface},
                                     {"region_id", or_null(endpoint.region_id)},
                                     {"url", endpoint.url},
                                     {"region", or_null(endpoint.region_id)}});
    catalog.push_back(JsonObject{{"endpoints", std::move(endpoints)},
                                 {"id", entry.service.id},
                                 {"type", entry.service.type},
                                 {"name", entry.service.name}});
  }
  return catalog;
}

// The names as they were given: inside the token they are in lower case.
JsonArray roles_view(platform::Session& session, const Identity& identity) {
  JsonArray roles;
  for (size_t i = 0; i < identity.role_ids.size(); ++i) {
    const auto role = store::find_by_id<store::Role>(session, identity.role_ids[i]);
    roles.push_back(named(identity.role_ids[i], role ? role->name : identity.roles[i]));
  }
  return roles;
}

void add_scope(platform::Session& session, const Identity& identity, JsonObject& token) {
  if (!identity.project_id.empty()) {
    JsonObject project = named(identity.project_id, identity.project_name);
    project["domain"] = named(identity.project_domain_id, identity.project_domain_name);
    token["project"] = std::move(project);
    const auto row = store::find_by_id<store::Project>(session, identity.project_id);
    token["is_domain"] = row && row->is_domain;
  }
  if (!identity.domain_id.empty())
    token["domain"] = named(identity.domain_id, identity.domain_name);
  if (identity.system) token["system"] = JsonObject{{"all", true}};
  if (!identity.role_ids.empty()) token["roles"] = roles_view(session, identity);
}

void add_delegation(platform::Session& session, const TokenData& data, JsonObject& token) {
  if (!data.application_credential_id.empty()) {
    const auto credential =
        store::find_by_id<store::ApplicationCredential>(session, data.application_credential_id);
    if (credential) {
      JsonObject view = named(credential->id, credential->name);
      view["restricted"] = !credential->is_unrestricted;
      token["application_credential"] = std::move(view);
    }
  }
  if (data.trust_id.empty()) return;
  const auto trust = store::find_by_id<store::Trust>(session, data.trust_id);
  if (!trust) return;
  token["OS-TRUST:trust"] =
      JsonObject{{"id", trust->id},
                 {"impersonation", trust->impersonation},
                 {"trustor_user", JsonObject{{"id", trust->trustor_user_id}}},
                 {"trustee_user", JsonObject{{"id", trust->trustee_user_id}}}};
}

enum class CatalogWanted { yes, no };

JsonObject token_view(platform::Session& session, const TokenData& data, CatalogWanted wanted) {
  const Identity& identity = data.identity;
  const auto password = store::find_password(session, identity.user_id);
  JsonObject user = named(identity.user_id, identity.user_name);
  user["domain"] = named(identity.user_domain_id, identity.user_domain_name);
  user["password_expires_at"] =
      time_or_null(password ? password->expires_at : std::optional<base::TimePoint>());
  JsonObject token;
  token["methods"] = JsonArray(data.methods.begin(), data.methods.end());
  token["user"] = std::move(user);
  token["audit_ids"] = JsonArray(data.audit_ids.begin(), data.audit_ids.end());
  token["expires_at"] = base::format_microseconds(data.expires_at);
  token["issued_at"] = base::format_microseconds(data.issued_at);
  add_scope(session, identity, token);
  add_delegation(session, data, token);
  if (wanted == CatalogWanted::yes && !identity.role_ids.empty())
    token["catalog"] = catalog_view(session, identity);
  return token;
}

Response token_response(Core& core, const ApiRequest& request, int status, const std::string& text,
                        const TokenData& data) {
  const auto wanted = request.query.get("nocatalog") ? CatalogWanted::no : CatalogWanted::yes;
  Response response = core.read([&](platform::Session& session) {
    return entity_response(status, "token", token_view(session, data, wanted));
  });
  response.headers.set("X-Subject-Token", text);
  response.headers.set("Vary", "X-Auth-Token");
  return response;
}

Response issue_token(Core& core, ApiRequest& request) {
  const app::Issued issued = app::sign_in(core, parse_sign_in(request.body));
  return token_response(core, request, 201, issued.token, issued.data);
}

std::string subject_token(const ApiRequest& request) {
  const std::string_view token = request.http.headers.value("X-Subject-Token");
  if (token.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      "The header X-Subject-Token with the token to look at is missing.");
  return std::string(token);
}

Response show_token(Core& core, ApiRequest& request) {
  const std::string token = subject_token(request);
  const TokenData data = app::get_subject_token(core, token);
  request.authorize("identity:validate_token", {{"user_id", data.identity.user_id}});
  return token_response(core, request, 200, token, data);
}

Response revoke_token(Core& core, ApiRequest& request) {
  const std::string token = subject_token(request);
  const TokenData data = app::get_subject_token(core, token);
  request.authorize("identity:revoke_token", {{"user_id", data.identity.user_id}});
  app::revoke_token(core, token);
  return openstack::empty_response(204);
}

Response list_auth_projects(Core& core, ApiRequest& request) {
  return list_projects_response(core, request, [&](platform::Session& session) {
    auto projects = app::list_projects_of_user(session, request.context.user_id());
    std::erase_if(projects, [](const store::Project& project) { return !project.enabled; });
    return projects;
  });
}

Response list_auth_domains(Core& core, ApiRequest& request) {
  return list_domains_response(core, request, [&](platform::Session& session) {
    auto domains = app::list_domains_of_user(session, request.context.user_id());
    std::erase_if(domains, [](const store::Project& domain) { return !domain.enabled; });
    return domains;
  });
}

Response list_systems(Core& core, ApiRequest& request) {
  const auto roles = core.read([&](platform::Session& session) {
    return app::effective_roles(session, request.context.user_id(), store::kSystemTarget,
                                std::string(store::kSystemTargetId));
  });
  JsonArray systems;
  if (!roles.empty()) systems.push_back(JsonObject{{"all", true}});
  return collection_response(core, request, "system", std::move(systems));
}

Response show_catalog(Core& core, ApiRequest& request) {
  JsonArray catalog = core.read(
      [&](platform::Session& session) { return catalog_view(session, request.context.identity); });
  return collection_response(core, request, "catalog", std::move(catalog));
}

JsonObject event_view(const openstack::RevocationEvent& event, const std::string&) {
  JsonObject view;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) view[name] = value;
  };
  add("audit_id", event.audit_id);
  add("audit_chain_id", event.audit_chain_id);
  add("user_id", event.user_id);
  add("project_id", event.project_id);
  add("domain_id", event.domain_id);
  add("role_id", event.role_id);
  add("OS-TRUST:trust_id", event.trust_id);
  add("application_credential_id", event.application_credential_id);
  view["issued_before"] = base::format_microseconds(event.issued_before);
  view["revoked_at"] = base::format_microseconds(event.revoked_at);
  return view;
}

Response list_revocations(Core& core, ApiRequest& request) {
  std::optional<base::TimePoint> since;
  if (const auto text = request.query.get("since")) {
    since = base::parse_time(*text);
    if (!since)
      throw base::Error(base::ErrorKind::bad_request, fmt::format("invalid date format {}", *text));
  }
  const auto events = core.read(
      [&](platform::Session& session) { return store::list_revocations(session, since); });
  return list_response(core, request, "events", events, event_view);
}

}  // namespace

Routes auth_routes(Core& core) {
  const Bind on(core);
  return {
      {"POST", "/auth/tokens", openstack::kPublic, on(issue_token)},
      {"GET", "/auth/tokens", "identity:validate_token", on(show_token)},
      {"DELETE", "/auth/tokens", "identity:revoke_token", on(revoke_token)},
      {"GET", "/auth/catalog", "identity:get_auth_catalog", on(show_catalog)},
      {"GET", "/auth/projects", "identity:get_auth_projects", on(list_auth_projects)},
      {"GET", "/auth/domains", "identity:get_auth_domains", on(list_auth_domains)},
      {"GET", "/auth/system", "identity:get_auth_system", on(list_systems)},
      {"GET", "/OS-REVOKE/events", "identity:list_revoke_events", on(list_revocations)},
  };
}

}  // namespace keystone::api
