// OS-EP-FILTER: endpoint groups and which endpoints a project is shown.
#include "keystone/api/catalog_views.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/catalog.hpp"
#include "keystone/app/crud.hpp"

namespace keystone::api {
namespace {

using store::EndpointGroup;

constexpr std::string_view kFilters =
    R"({"type":"object","additionalProperties":false,"properties":{"service_id":{"type":"string"},)"
    R"("region_id":{"type":"string"},"enabled":{"type":"boolean"},)"
    R"("interface":{"type":"string","enum":["admin","internal","public"]}}})";

const Schema& endpoint_group_create() {
  static const Schema schema = entity_schema(
      "endpoint_group", {{"name", kName}, {"description", kTextOrNull}, {"filters", kFilters}},
      {"name", "filters"});
  return schema;
}
const Schema& endpoint_group_update() {
  static const Schema schema =
      entity_schema("endpoint_group",
                    {{"name", kName}, {"description", kTextOrNull}, {"filters", kFilters}}, {}, 1);
  return schema;
}

void apply(const Json& body, EndpointGroup& group) {
  take(body, "name", group.name);
  take(body, "description", group.description);
  if (const Json* filters = base::find(body, "filters")) group.filters = base::to_text(*filters);
}

JsonObject endpoint_group_view(const EndpointGroup& group, const std::string& base) {
  JsonObject view = start_view("{}", base + "/OS-EP-FILTER/endpoint_groups/" + group.id);
  view["id"] = group.id;
  view["name"] = group.name;
  view["description"] = or_null(group.description);
  view["filters"] = base::parse_json(group.filters);
  return view;
}

Response endpoint_group_response(Core& core, const ApiRequest& request, int status,
                                 const EndpointGroup& group) {
  return entity_response(status, "endpoint_group",
                         endpoint_group_view(group, url_base(core, request)));
}

Response list_endpoint_groups(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal_if("name", text_filter(request, "name"));
  return list_response(core, request, "endpoint_groups", app::list_rows<EndpointGroup>(core, where),
                       endpoint_group_view);
}

Response show_endpoint_group(Core& core, ApiRequest& request) {
  return endpoint_group_response(core, request, 200,
                                 app::get_row<EndpointGroup>(core, request.parameter("group_id")));
}

Response create_endpoint_group(Core& core, ApiRequest& request) {
  EndpointGroup group;
  apply(entity_of(request, "endpoint_group"), group);
  return endpoint_group_response(core, request, 201, app::create_row(core, group));
}

Response update_endpoint_group(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "endpoint_group");
  return endpoint_group_response(
      core, request, 200,
      app::update_row<EndpointGroup>(core, request.parameter("group_id"),
                                     [&](EndpointGroup& group) { apply(body, group); }));
}

Response delete_endpoint_group(Core& core, ApiRequest& request) {
  app::delete_row<EndpointGroup>(core, request.parameter("group_id"),
                                 app::before_endpoint_group_delete);
  return openstack::empty_response(204);
}

Response list_endpoints_of_group(Core& core, ApiRequest& request) {
  const auto endpoints = core.read([&](platform::Session& session) {
    const auto group = store::get_by_id<EndpointGroup>(session, request.parameter("group_id"));
    auto all = store::list_endpoints(session);
    std::erase_if(
        all, [&](const store::Endpoint& endpoint) { return !app::fits(endpoint, group.filters); });
    return all;
  });
  return list_response(core, request, "endpoints", endpoints, endpoint_view);
}

Response list_projects_of_group(Core& core, ApiRequest& request) {
  return list_projects_response(core, request, [&](platform::Session& session) {
    const std::string& id = request.parameter("group_id");
    (void)store::get_by_id<EndpointGroup>(session, id);
    return store::list_projects_of_endpoint_group(session, id);
  });
}

Response list_projects_of_endpoint(Core& core, ApiRequest& request) {
  return list_projects_response(core, request, [&](platform::Session& session) {
    const std::string& id = request.parameter("endpoint_id");
    (void)store::get_by_id<store::Endpoint>(session, id);
    return store::list_projects_of_endpoint(session, id);
  });
}

Response list_endpoints_of_project(Core& core, ApiRequest& request) {
  const auto endpoints = core.read([&](platform::Session& session) {
    const std::string& id = request.parameter("project_id");
    (void)store::get_by_id<store::Project>(session, id);
    return app::list_filtered_endpoints(session, id);
  });
  return list_response(core, request, "endpoints", endpoints, endpoint_view);
}

Response list_groups_of_project(Core& core, ApiRequest& request) {
  const auto groups = core.read([&](platform::Session& session) {
    const std::string& id = request.parameter("project_id");
    (void)store::get_by_id<store::Project>(session, id);
    return store::list_endpoint_groups_of_project(session, id);
  });
  return list_response(core, request, "endpoint_groups", groups, endpoint_group_view);
}

Response add_endpoint(Core& core, ApiRequest& request) {
  app::add_to_project(core, app::Filtered::endpoint, request.parameter("endpoint_id"),
                      request.parameter("project_id"));
  return openstack::empty_response(204);
}

Response check_endpoint(Core& core, ApiRequest& request) {
  app::check_in_project(core, app::Filtered::endpoint, request.parameter("endpoint_id"),
                        request.parameter("project_id"));
  return openstack::empty_response(204);
}

Response remove_endpoint(Core& core, ApiRequest& request) {
  app::remove_from_project(core, app::Filtered::endpoint, request.parameter("endpoint_id"),
                           request.parameter("project_id"));
  return openstack::empty_response(204);
}

Response add_group(Core& core, ApiRequest& request) {
  app::add_to_project(core, app::Filtered::endpoint_group, request.parameter("group_id"),
                      request.parameter("project_id"));
  return openstack::empty_response(204);
}

Response show_group_of_project(Core& core, ApiRequest& request) {
  app::check_in_project(core, app::Filtered::endpoint_group, request.parameter("group_id"),
                        request.parameter("project_id"));
  JsonObject view{{"endpoint_group_id", request.parameter("group_id")},
                  {"project_id", request.parameter("project_id")}};
  return entity_response(200, "project_endpoint_group", std::move(view));
}

Response remove_group(Core& core, ApiRequest& request) {
  app::remove_from_project(core, app::Filtered::endpoint_group, request.parameter("group_id"),
                           request.parameter("project_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes endpoint_filter_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kGroups = "/OS-EP-FILTER/endpoint_groups";
  constexpr std::string_view kGroup = "/OS-EP-FILTER/endpoint_groups/{group_id}";
  constexpr std::string_view kGroupOfProject =
      "/OS-EP-FILTER/endpoint_groups/{group_id}/projects/{project_id}";
  constexpr std::string_view kEndpointOfProject =
      "/OS-EP-FILTER/projects/{project_id}/endpoints/{endpoint_id}";
  return {
      {"GET", kGroups, "identity:list_endpoint_groups", on(list_endpoint_groups)},
      {"POST", kGroups, "identity:create_endpoint_group", on(create_endpoint_group),
       &endpoint_group_create()},
      {"GET", kGroup, "identity:get_endpoint_group", on(show_endpoint_group)},
      {"PATCH", kGroup, "identity:update_endpoint_group", on(update_endpoint_group),
       &endpoint_group_update()},
      {"DELETE", kGroup, "identity:delete_endpoint_group", on(delete_endpoint_group)},
      {"GET", "/OS-EP-FILTER/endpoint_groups/{group_id}/endpoints",
       "identity:list_endpoints_associated_with_endpoint_group", on(list_endpoints_of_group)},
      {"GET", "/OS-EP-FILTER/endpoint_groups/{group_id}/projects",
       "identity:list_projects_associated_with_endpoint_group", on(list_projects_of_group)},
      {"PUT", kGroupOfProject, "identity:add_endpoint_group_to_project", on(add_group)},
      {"GET", kGroupOfProject, "identity:get_endpoint_group_in_project", on(show_group_of_project)},
      {"DELETE", kGroupOfProject, "identity:remove_endpoint_group_from_project", on(remove_group)},
      {"GET", "/OS-EP-FILTER/projects/{project_id}/endpoint_groups",
       "identity:list_endpoint_groups_for_project", on(list_groups_of_project)},
      {"GET", "/OS-EP-FILTER/endpoints/{endpoint_id}/projects",
       "identity:list_projects_for_endpoint", on(list_projects_of_endpoint)},
      {"GET", "/OS-EP-FILTER/projects/{project_id}/endpoints",
       "identity:list_endpoints_for_project", on(list_endpoints_of_project)},
      {"PUT", kEndpointOfProject, "identity:add_endpoint_to_project", on(add_endpoint)},
      {"GET", kEndpointOfProject, "identity:check_endpoint_in_project", on(check_endpoint)},
      {"DELETE", kEndpointOfProject, "identity:remove_endpoint_from_project", on(remove_endpoint)},
  };
}

}  // namespace keystone::api
