// /role_assignments.
#include <map>

#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/assignments.hpp"

namespace keystone::api {
namespace {

using app::AssignmentEntry;
using store::Assignment;

app::AssignmentQuery query_of(const ApiRequest& request) {
  const auto text = [&](std::string_view name) { return text_filter(request, name).value_or(""); };
  app::AssignmentQuery query;
  query.user_id = text("user.id");
  query.group_id = text("group.id");
  query.role_id = text("role.id");
  query.project_id = text("scope.project.id");
  query.domain_id = text("scope.domain.id");
  query.system = flag_filter(request, "scope.system").value_or(false);
  query.effective = flag_filter(request, "effective").value_or(false);
  query.subtree = flag_filter(request, "include_subtree").value_or(false);
  query.inherited_only = request.query.get("scope.OS-INHERIT:inherited_to").has_value();
  if (query.subtree && query.project_id.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      "scope.project.id must be specified if include_subtree is also specified");
  if (!query.project_id.empty() && !query.domain_id.empty())
    throw base::Error(base::ErrorKind::bad_request, "Specify a domain or project, not both");
  if (!query.user_id.empty() && !query.group_id.empty())
    throw base::Error(base::ErrorKind::bad_request, "Specify a user or group, not both");
  if (query.effective && !query.group_id.empty())
    throw base::Error(base::ErrorKind::bad_request,
                      "Combining effective and group filter will always result in an empty list.");
  return query;
}

// Names for ids, each looked up once.
class Names {
 public:
  Names(platform::Session& session, bool wanted) : session_(session), wanted_(wanted) {}

  JsonObject role(const std::string& id) {
    JsonObject view{{"id", id}};
    if (!wanted_) return view;
    const auto row = store::find_by_id<store::Role>(session_, id);
    if (row) view["name"] = row->name;
    if (row && !row->domain_id.empty()) view["domain"] = domain(row->domain_id);
    return view;
  }
  JsonObject actor(const Assignment& assignment) {
    return assignment.actor_type == store::kUserActor ? named<store::User>(assignment.actor_id)
                                                      : named<store::Group>(assignment.actor_id);
  }
  JsonObject project(const std::string& id) { return named<store::Project>(id); }
  JsonObject domain(const std::string& id) {
    JsonObject view{{"id", id}};
    if (const auto row = wanted_ ? store::find_by_id<store::Project>(session_, id) : std::nullopt)
      view["name"] = row->name;
    return view;
  }

 private:
  template <class Row>
  JsonObject named(const std::string& id) {
    JsonObject view{{"id", id}};
    if (!wanted_) return view;
    const auto row = store::find_by_id<Row>(session_, id);
    if (!row) return view;
    view["name"] = row->name;
    view["domain"] = domain(row->domain_id);
    return view;
  }

  platform::Session& session_;
  bool wanted_;
};

std::string grant_url(const Assignment& grant, const std::string& base) {
  const std::string actor =
      fmt::format("{}s/{}/roles/{}", grant.actor_type, grant.actor_id, grant.role_id);
  if (grant.target_type == store::kSystemTarget) return fmt::format("{}/system/{}", base, actor);
  const std::string path = fmt::format("{}s/{}/{}", grant.target_type, grant.target_id, actor);
  return grant.inherited ? fmt::format("{}/OS-INHERIT/{}/inherited_to_projects", base, path)
                         : fmt::format("{}/{}", base, path);
}

JsonObject entry_view(const AssignmentEntry& entry, const std::string& base, Names& names) {
  const Assignment& a = entry.effective;
  JsonObject scope;
  if (a.target_type == store::kProjectTarget) scope["project"] = names.project(a.target_id);
  if (a.target_type == store::kDomainTarget) scope["domain"] = names.domain(a.target_id);
  if (a.target_type == store::kSystemTarget) scope["system"] = JsonObject{{"all", true}};
  if (a.inherited) scope["OS-INHERIT:inherited_to"] = "projects";
  JsonObject links{{"assignment", grant_url(entry.origin, base)}};
  if (entry.through_group)
    links["membership"] =
        fmt::format("{}/groups/{}/users/{}", base, entry.origin.actor_id, a.actor_id);
  if (entry.through_implication)
    links["prior_role"] =
        fmt::format("{}/prior_roles/{}/implies/{}", base, entry.prior_role_id, a.role_id);
  JsonObject view;
  view["role"] = names.role(a.role_id);
  view[a.actor_type] = names.actor(a);
  view["scope"] = std::move(scope);
  view["links"] = std::move(links);
  return view;
}

Response list_role_assignments(Core& core, ApiRequest& request) {
  const app::AssignmentQuery query = query_of(request);
  if (query.subtree)
    request.authorize("identity:list_role_assignments_for_tree",
                      {{"project_id", query.project_id}});
  const bool with_names = flag_filter(request, "include_names").value_or(false);
  const std::string base = url_base(core, request);
  JsonArray views = core.read([&](platform::Session& session) {
    Names names(session, with_names);
    JsonArray array;
    for (const AssignmentEntry& entry : app::list_role_assignments(session, query))
      array.push_back(entry_view(entry, base, names));
    return array;
  });
  return collection_response(core, request, "role_assignments", std::move(views));
}

}  // namespace

Routes role_assignments_routes(Core& core) {
  const Bind on(core);
  return {
      {"GET", "/role_assignments", "identity:list_role_assignments", on(list_role_assignments)}};
}

}  // namespace keystone::api
