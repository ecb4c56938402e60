#include "neutron/app/quotas.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/validators.hpp"

namespace neutron::api {
namespace {

using Limits = app::Quotas::Limits;

Response answer(const Limits& limits) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("quota");
  writer.begin_object();
  for (const auto& [resource, limit] : limits) writer.field(resource, limit);
  writer.end_object();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

void authorize_project(ApiRequest& request) {
  request.authorize("get_quota", {{"project_id", request.parameter("id")}});
}

Response show_quota(Plugin& plugin, ApiRequest& request) {
  authorize_project(request);
  return answer(plugin.quotas.get(request.parameter("id")));
}

Response show_default(Plugin& plugin, ApiRequest& request) {
  authorize_project(request);
  return answer(plugin.quotas.defaults());
}

Response show_details(Plugin& plugin, ApiRequest& request) {
  authorize_project(request);
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("quota");
  writer.begin_object();
  for (const auto& [resource, usage] : plugin.quotas.get_usage(request.parameter("id"))) {
    writer.key(resource);
    writer.begin_object();
    writer.field("limit", usage.limit);
    writer.field("used", usage.used);
    writer.field("reserved", 0);
    writer.end_object();
  }
  writer.end_object();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response list_quotas(Plugin& plugin, ApiRequest& /*request*/) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("quotas");
  writer.begin_array();
  for (const auto& [project_id, limits] : plugin.quotas.list()) {
    writer.begin_object();
    writer.field("project_id", project_id);
    writer.field("tenant_id", project_id);
    for (const auto& [resource, limit] : limits) writer.field(resource, limit);
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Limits read_limits(Plugin& plugin, const ApiRequest& request) {
  const base::Json* quota = base::find(request.body, "quota");
  if (!quota || !quota->is_object())
    throw app::bad_request("HTTPBadRequest", "Unable to find 'quota' in request body");
  Limits limits;
  for (const auto& [name, value] : quota->get_object()) {
    // Clients send these beside the limits.
    if (name == "tenant_id" || name == "project_id" || name == "force" || name == "check_limit")
      continue;
    if (!plugin.quotas.defaults().contains(std::string(name)))
      throw app::bad_request("HTTPBadRequest", "Unrecognized attribute(s) '{}'",
                             std::string_view(name));
    if (const auto reason = is_number_from(value, -1, 2147483647))
      throw app::bad_request("HTTPBadRequest", "Invalid input for {}. Reason: {}.",
                             std::string_view(name), *reason);
    limits[std::string(name)] = to_integer(value).as_int64();
  }
  return limits;
}

Response update(Plugin& plugin, ApiRequest& request) {
  plugin.quotas.update(request.parameter("id"), read_limits(plugin, request));
  return answer(plugin.quotas.get(request.parameter("id")));
}

Response reset(Plugin& plugin, ApiRequest& request) {
  plugin.quotas.reset(request.parameter("id"));
  return openstack::empty_response(204);
}

Response show_own_project(Plugin& /*plugin*/, ApiRequest& request) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("tenant");
  writer.begin_object();
  writer.field("tenant_id", request.context.project_id());
  writer.field("project_id", request.context.project_id());
  writer.end_object();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

}  // namespace

void add_quotas(openstack::Routes& routes, Plugin& plugin) {
  const auto add = [&](std::string_view method, std::string_view path, std::string_view policy,
                       Response (*handler)(Plugin&, ApiRequest&)) {
    routes.push_back({method, path, policy, [&plugin, handler](ApiRequest& request) {
                        return handler(plugin, request);
                      }});
  };
  add("GET", "/quotas", "list_quotas", list_quotas);
  add("GET", "/quotas/tenant", "get_quota", show_own_project);
  add("GET", "/quotas/project", "get_quota", show_own_project);
  add("GET", "/quotas/{id}", "rule_reader", show_quota);
  add("GET", "/quotas/{id}/default", "rule_reader", show_default);
  add("GET", "/quotas/{id}/details.json", "rule_reader", show_details);
  add("GET", "/quotas/{id}/details", "rule_reader", show_details);
  add("PUT", "/quotas/{id}", "update_quota", update);
  add("DELETE", "/quotas/{id}", "delete_quota", reset);
}

}  // namespace neutron::api
