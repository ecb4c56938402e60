// /projects and their tags.
#include "keystone/app/projects.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"

namespace keystone::api {
namespace {

using store::Project;

constexpr size_t kMostTags = 80;
constexpr std::string_view kTag =
    R"({"type":"string","minLength":1,"maxLength":255,"pattern":"^[^,/]*$"})";
constexpr std::string_view kTags =
    R"({"type":"array","items":{"type":"string","minLength":1,"maxLength":255,"pattern":"^[^,/]*$"},)"
    R"("maxItems":80,"uniqueItems":true})";

const Schema& project_create() {
  static const Schema schema = entity_schema("project",
                                             {{"name", kShortName},
                                              {"description", kTextOrNull},
                                              {"domain_id", kIdOrNull},
                                              {"parent_id", kIdOrNull},
                                              {"enabled", kFlag},
                                              {"is_domain", kFlag},
                                              {"tags", kTags},
                                              {"options", kObject}},
                                             {"name"});
  return schema;
}
const Schema& project_update() {
  static const Schema schema = entity_schema("project",
                                             {{"name", kShortName},
                                              {"description", kTextOrNull},
                                              {"enabled", kFlag},
                                              {"tags", kTags},
                                              {"options", kObject}},
                                             {}, 1);
  return schema;
}
const Schema& tags_update() {
  static const Schema schema(R"({"type":"object","required":["tags"],"properties":{"tags":)" +
                             std::string(kTags) + "}}");
  return schema;
}

void apply(const Json& body, Project& project) {
  take(body, "name", project.name);
  take(body, "description", project.description);
  take(body, "enabled", project.enabled);
  take_extra(body,
             {"name", "description", "enabled", "domain_id", "parent_id", "is_domain", "tags"},
             project.extra);
  take_options(body, project.options);
}

std::optional<std::vector<std::string>> tags_in(const Json& body) {
  const Json* sent = base::find(body, "tags");
  if (!sent || !sent->is_array()) return std::nullopt;
  std::vector<std::string> tags;
  for (const Json& tag : sent->get_array()) tags.emplace_back(tag.as_string());
  return tags;
}

std::vector<std::string> tags_filter(const ApiRequest& request, std::string_view name) {
  std::set<std::string> tags;
  if (const auto value = request.query.get(name))
    for (const std::string_view tag : base::split(*value, ',')) tags.emplace(tag);
  if (tags.size() > kMostTags)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("'{}' may name at most {} tags.", name, kMostTags));
  return {tags.begin(), tags.end()};
}

Response list_projects(Core& core, ApiRequest& request) {
  store::ProjectFilter filter;
  filter.domain_id = text_filter(request, "domain_id");
  filter.name = text_filter(request, "name");
  filter.parent_id = text_filter(request, "parent_id");
  filter.enabled = flag_filter(request, "enabled");
  filter.is_domain = flag_filter(request, "is_domain").value_or(false);
  filter.tags = {tags_filter(request, "tags"), tags_filter(request, "tags-any"),
                 tags_filter(request, "not-tags"), tags_filter(request, "not-tags-any")};
  return list_projects_response(core, request, [&](platform::Session& session) {
    return store::list_projects(session, filter);
  });
}

Json ids_of(const std::vector<Project>& projects) {
  JsonObject ids;
  for (const Project& project : projects) ids[project.id] = nullptr;
  return ids;
}

// parents_as_list, subtree_as_list, parents_as_ids, subtree_as_ids.
void add_relatives(platform::Session& session, const ApiRequest& request, const Project& project,
                   const std::string& base, JsonObject& view) {
  const auto as_list = [&](const std::vector<Project>& projects) {
    JsonArray views;
    for (const Project& one : projects)
      if (!one.is_domain)
        views.push_back(
            JsonObject{{"project", project_view(one, store::list_tags(session, one.id), base)}});
    return views;
  };
  const auto parents = [&] {
    auto found = store::list_ancestors(session, project);
    std::erase_if(found, [](const Project& one) { return one.is_domain; });
    return found;
  };
  const auto asked = [&](std::string_view name) { return request.query.get(name).has_value(); };
  if (asked("parents_as_list")) view["parents"] = as_list(parents());
  if (asked("subtree_as_list"))
    view["subtree"] = as_list(store::list_descendants(session, project.id));
  if (asked("parents_as_ids")) view["parents"] = ids_of(parents());
  if (asked("subtree_as_ids"))
    view["subtree"] = ids_of(store::list_descendants(session, project.id));
}

Response show_project(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("project_id");
  request.authorize("identity:get_project", {{"project_id", id}});
  return core.read([&](platform::Session& session) {
    const auto project = store::get_by_id<Project>(session, id);
    const std::string base = url_base(core, request);
    JsonObject view = project_view(project, store::list_tags(session, id), base);
    add_relatives(session, request, project, base, view);
    return entity_response(200, "project", std::move(view));
  });
}

Response create_project(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "project");
  Project project;
  take(body, "is_domain", project.is_domain);
  take(body, "parent_id", project.parent_id);
  take(body, "domain_id", project.domain_id);
  if (project.domain_id.empty() && !project.is_domain && !project.parent_id)
    project.domain_id = domain_of_scope(core, request);
  apply(body, project);
  project = app::create_project(core, project, tags_in(body).value_or(std::vector<std::string>()));
  return project_response(core, request, 201, project.id);
}

Response update_project(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("project_id");
  const Json& body = entity_of(request, "project");
  (void)app::update_project(
      core, id,
      [&](Project& project) {
        if (base::find(body, "domain_id") && base::text_or(body, "domain_id") != project.domain_id)
          throw base::Error(base::ErrorKind::bad_request, "Update of `domain_id` is not allowed.");
        if (base::find(body, "parent_id")) take(body, "parent_id", project.parent_id);
        if (base::boolean_or(body, "is_domain", project.is_domain) != project.is_domain)
          throw base::Error(base::ErrorKind::bad_request, "Update of `is_domain` is not allowed.");
        apply(body, project);
      },
      tags_in(body));
  return project_response(core, request, 200, id);
}

Response delete_project(Core& core, ApiRequest& request) {
  app::delete_project(core, request.parameter("project_id"));
  return openstack::empty_response(204);
}

std::vector<std::string> get_tags(Core& core, const std::string& project_id) {
  return core.read([&](platform::Session& session) {
    (void)store::get_by_id<Project>(session, project_id);
    return store::list_tags(session, project_id);
  });
}

void set_tags(Core& core, const std::string& project_id, std::vector<std::string> tags) {
  (void)app::update_project(core, project_id, [](Project&) {}, std::move(tags));
}

Response tags_response(Core& core, ApiRequest& request, const std::vector<std::string>& tags) {
  return collection_response(core, request, "tags", JsonArray(tags.begin(), tags.end()));
}

Response list_tags(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("project_id");
  request.authorize("identity:list_project_tags", {{"project_id", id}});
  return tags_response(core, request, get_tags(core, id));
}

Response update_tags(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("project_id");
  set_tags(core, id, *tags_in(request.body));
  return tags_response(core, request, get_tags(core, id));
}

Response delete_tags(Core& core, ApiRequest& request) {
  set_tags(core, request.parameter("project_id"), {});
  return openstack::empty_response(204);
}

Response check_tag(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("project_id");
  const std::string& tag = request.parameter("tag");
  request.authorize("identity:get_project_tag", {{"project_id", id}});
  const auto tags = get_tags(core, id);
  if (std::ranges::find(tags, tag) == tags.end()) throw store::not_found("project tag", tag);
  return openstack::empty_response(204);
}

Response add_tag(Core& core, ApiRequest& request) {
  static const Schema schema{kTag};
  const std::string& id = request.parameter("project_id");
  const std::string& tag = request.parameter("tag");
  schema.validate(Json(tag));
  auto tags = get_tags(core, id);
  if (tags.size() >= kMostTags)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("A project can have at most {} tags.", kMostTags));
  if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(tag);
  set_tags(core, id, std::move(tags));
  Response response = openstack::empty_response(201);
  response.headers.set("Location", fmt::format("{}/projects/{}/tags/{}", url_base(core, request),
                                               id, base::percent_encode(tag)));
  return response;
}

Response delete_tag(Core& core, ApiRequest& request) {
  const std::string& id = request.parameter("project_id");
  const std::string& tag = request.parameter("tag");
  auto tags = get_tags(core, id);
  if (std::erase(tags, tag) == 0) throw store::not_found("project tag", tag);
  set_tags(core, id, std::move(tags));
  return openstack::empty_response(204);
}

}  // namespace

Routes projects_routes(Core& core) {
  const Bind on(core);
  return {
      {"GET", "/projects", "identity:list_projects", on(list_projects)},
      {"POST", "/projects", "identity:create_project", on(create_project), &project_create()},
      {"GET", "/projects/{project_id}", "identity:get_project", on(show_project)},
      {"PATCH", "/projects/{project_id}", "identity:update_project", on(update_project),
       &project_update()},
      {"DELETE", "/projects/{project_id}", "identity:delete_project", on(delete_project)},
      {"GET", "/projects/{project_id}/tags", "identity:list_project_tags", on(list_tags)},
      {"PUT", "/projects/{project_id}/tags", "identity:update_project_tags", on(update_tags),
       &tags_update()},
      {"DELETE", "/projects/{project_id}/tags", "identity:delete_project_tags", on(delete_tags)},
      {"GET", "/projects/{project_id}/tags/{tag}", "identity:get_project_tag", on(check_tag)},
      {"PUT", "/projects/{project_id}/tags/{tag}", "identity:create_project_tag", on(add_tag)},
      {"DELETE", "/projects/{project_id}/tags/{tag}", "identity:delete_project_tag",
       on(delete_tag)},
  };
}

}  // namespace keystone::api
