#include "keystone/api/views.hpp"

#include <map>

namespace keystone::api {
namespace {

JsonArray array_of(const std::vector<std::string>& texts) {
  return JsonArray(texts.begin(), texts.end());
}

using ProjectView = JsonObject (*)(const store::Project&, const std::vector<std::string>&,
                                   const std::string&);

Response list_tagged(Core& core, const ApiRequest& request, std::string_view key, ProjectView view,
                     const std::function<std::vector<store::Project>(platform::Session&)>& find) {
  std::map<std::string, std::vector<std::string>> tags;
  const auto projects = core.read([&](platform::Session& session) {
    tags = store::list_all_tags(session);
    return find(session);
  });
  return list_response(core, request, key, projects,
                       [&](const store::Project& project, const std::string& base) {
                         return view(project, tags[project.id], base);
                       });
}

}  // namespace

JsonObject user_view(const store::User& user,
                     const std::optional<base::TimePoint>& password_expires_at,
                     const std::string& base) {
  JsonObject view = start_view(user.extra, base + "/users/" + user.id);
  view["id"] = user.id;
  view["name"] = user.name;
  view["domain_id"] = user.domain_id;
  view["enabled"] = user.enabled;
  if (user.default_project_id) view["default_project_id"] = *user.default_project_id;
  view["password_expires_at"] = time_or_null(password_expires_at);
  view["options"] = base::parse_json(user.options);
  return view;
}

JsonObject project_view(const store::Project& project, const std::vector<std::string>& tags,
                        const std::string& base) {
  JsonObject view = start_view(project.extra, base + "/projects/" + project.id);
  view["id"] = project.id;
  view["name"] = project.name;
  view["domain_id"] = or_null(project.domain_id);
  view["description"] = project.description;
  view["enabled"] = project.enabled;
  view["parent_id"] = or_null(project.parent_id);
  view["is_domain"] = project.is_domain;
  view["tags"] = array_of(tags);
  view["options"] = base::parse_json(project.options);
  return view;
}

JsonObject domain_view(const store::Project& domain, const std::vector<std::string>& tags,
                       const std::string& base) {
  JsonObject view = start_view(domain.extra, base + "/domains/" + domain.id);
  view["id"] = domain.id;
  view["name"] = domain.name;
  view["description"] = domain.description;
  view["enabled"] = domain.enabled;
  view["tags"] = array_of(tags);
  view["options"] = base::parse_json(domain.options);
  return view;
}

JsonObject role_view(const store::Role& role, const std::string& base) {
  JsonObject view = start_view(role.extra, base + "/roles/" + role.id);
  view["id"] = role.id;
  view["name"] = role.name;
  view["domain_id"] = or_null(role.domain_id);
  view["description"] = or_null(role.description);
  view["options"] = base::parse_json(role.options);
  return view;
}

Response user_response(Core& core, const ApiRequest& request, int status, const std::string& id) {
  return core.read([&](platform::Session& session) {
    const auto user = store::get_by_id<store::User>(session, id);
    const auto password = store::find_password(session, id);
    return entity_response(
        status, "user",
        user_view(user, password ? password->expires_at : std::nullopt, url_base(core, request)));
  });
}

Response project_response(Core& core, const ApiRequest& request, int status,
                          const std::string& id) {
  return core.read([&](platform::Session& session) {
    const auto project = store::get_by_id<store::Project>(session, id);
    return entity_response(
        status, "project",
        project_view(project, store::list_tags(session, id), url_base(core, request)));
  });
}

Response domain_response(Core& core, const ApiRequest& request, int status, const std::string& id) {
  return core.read([&](platform::Session& session) {
    const auto domain = store::get_domain(session, id);
    return entity_response(
        status, "domain",
        domain_view(domain, store::list_tags(session, id), url_base(core, request)));
  });
}

Response list_users_response(
    Core& core, const ApiRequest& request,
    const std::function<std::vector<store::User>(platform::Session&)>& find) {
  std::map<std::string, base::TimePoint> expiries;
  const auto users = core.read([&](platform::Session& session) {
    expiries = store::list_password_expiries(session);
    return find(session);
  });
  return list_response(core, request, "users", users,
                       [&](const store::User& user, const std::string& base) {
                         const auto found = expiries.find(user.id);
                         std::optional<base::TimePoint> expiry;
                         if (found != expiries.end()) expiry = found->second;
                         return user_view(user, expiry, base);
                       });
}

Response list_projects_response(
    Core& core, const ApiRequest& request,
    const std::function<std::vector<store::Project>(platform::Session&)>& find) {
  return list_tagged(core, request, "projects", project_view, find);
}

Response list_domains_response(
    Core& core, const ApiRequest& request,
    const std::function<std::vector<store::Project>(platform::Session&)>& find) {
  return list_tagged(core, request, "domains", domain_view, find);
}

}  // namespace keystone::api
