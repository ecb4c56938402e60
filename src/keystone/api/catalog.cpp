// /regions, /services, /endpoints.
#include "keystone/app/catalog.hpp"

#include "keystone/api/catalog_views.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/app/crud.hpp"

namespace keystone::api {
namespace {

using store::Endpoint;
using store::Region;
using store::Service;

constexpr std::string_view kRegionId = R"({"type":["string","null"],"maxLength":255})";
constexpr std::string_view kInterface = R"({"type":"string","enum":["admin","internal","public"]})";
constexpr std::string_view kUrl = R"({"type":"string","minLength":1,"maxLength":225})";

const Schema& region_schema() {
  static const Schema schema = entity_schema(
      "region", {{"id", kRegionId}, {"description", kTextOrNull}, {"parent_region_id", kRegionId}});
  return schema;
}
const Schema& service_create() {
  static const Schema schema =
      entity_schema("service",
                    {{"type", R"({"type":"string","minLength":1,"maxLength":255})"},
                     {"name", R"({"type":"string","maxLength":255})"},
                     {"enabled", kFlag},
                     {"description", kTextOrNull}},
                    {"type"});
  return schema;
}
const Schema& service_update() {
  static const Schema schema =
      entity_schema("service",
                    {{"type", R"({"type":"string","minLength":1,"maxLength":255})"},
                     {"name", R"({"type":"string","maxLength":255})"},
                     {"enabled", kFlag},
                     {"description", kTextOrNull}},
                    {}, 1);
  return schema;
}
const Schema& endpoint_create() {
  static const Schema schema = entity_schema("endpoint",
                                             {{"interface", kInterface},
                                              {"service_id", kText},
                                              {"region_id", kRegionId},
                                              {"url", kUrl},
                                              {"enabled", kFlag}},
                                             {"interface", "service_id", "url"});
  return schema;
}
const Schema& endpoint_update() {
  static const Schema schema = entity_schema("endpoint",
                                             {{"interface", kInterface},
                                              {"service_id", kText},
                                              {"region_id", kRegionId},
                                              {"url", kUrl},
                                              {"enabled", kFlag}},
                                             {}, 1);
  return schema;
}

void apply(const Json& body, Region& region) {
  take(body, "description", region.description);
  take(body, "parent_region_id", region.parent_region_id);
  take_extra(body, {"description", "parent_region_id"}, region.extra);
}

void apply(const Json& body, Service& service) {
  take(body, "type", service.type);
  take(body, "name", service.name);
  take(body, "enabled", service.enabled);
  take_extra(body, {"type", "name", "enabled"}, service.extra);
}

// "region" is the old name of "region_id".
void apply(const Json& body, Endpoint& endpoint) {
  take(body, "interface", endpoint.interface);
  take(body, "service_id", endpoint.service_id);
  take(body, "region", endpoint.region_id);
  take(body, "region_id", endpoint.region_id);
  take(body, "url", endpoint.url);
  take(body, "enabled", endpoint.enabled);
  take_extra(body, {"interface", "service_id", "region", "region_id", "url", "enabled"},
             endpoint.extra);
}

JsonObject region_view(const Region& region, const std::string& base) {
  JsonObject view = start_view(region.extra, base + "/regions/" + region.id);
  view["id"] = region.id;
  view["description"] = region.description;
  view["parent_region_id"] = or_null(region.parent_region_id);
  return view;
}

Response list_regions(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal_if("parent_region_id", text_filter(request, "parent_region_id"));
  return list_response(core, request, "regions", app::list_rows<Region>(core, where), region_view);
}

Response region_response(Core& core, const ApiRequest& request, int status, const Region& region) {
  return entity_response(status, "region", region_view(region, url_base(core, request)));
}

Response show_region(Core& core, ApiRequest& request) {
  return region_response(core, request, 200,
                         app::get_row<Region>(core, request.parameter("region_id")));
}

Response create_region(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "region");
  Region region;
  region.id = base::text_or(body, "id");
  apply(body, region);
  return region_response(core, request, 201, app::create_row(core, region, app::check_region));
}

Response create_region_with_id(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "region");
  Region region;
  region.id = request.parameter("region_id");
  if (base::text_or(body, "id", region.id) != region.id)
    throw base::Error(base::ErrorKind::bad_request,
                      "Conflicting region IDs specified: the one in the URL and the one in the "
                      "body differ.");
  apply(body, region);
  return region_response(core, request, 201, app::create_row(core, region, app::check_region));
}

Response update_region(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "region");
  return region_response(core, request, 200,
                         app::update_row<Region>(
                             core, request.parameter("region_id"),
                             [&](Region& region) { apply(body, region); }, app::check_region));
}

Response delete_region(Core& core, ApiRequest& request) {
  app::delete_row<Region>(core, request.parameter("region_id"), app::before_region_delete);
  return openstack::empty_response(204);
}

Response list_services(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal_if("type", text_filter(request, "type"))
      .equal_if("name", text_filter(request, "name"));
  return list_response(core, request, "services", app::list_rows<Service>(core, where),
                       service_view);
}

Response service_response(Core& core, const ApiRequest& request, int status,
                          const Service& service) {
  return entity_response(status, "service", service_view(service, url_base(core, request)));
}

Response show_service(Core& core, ApiRequest& request) {
  return service_response(core, request, 200,
                          app::get_row<Service>(core, request.parameter("service_id")));
}

Response create_service(Core& core, ApiRequest& request) {
  Service service;
  apply(entity_of(request, "service"), service);
  return service_response(core, request, 201, app::create_row(core, service));
}

Response update_service(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "service");
  return service_response(
      core, request, 200,
      app::update_row<Service>(core, request.parameter("service_id"),
                               [&](Service& service) { apply(body, service); }));
}

Response delete_service(Core& core, ApiRequest& request) {
  app::delete_row<Service>(core, request.parameter("service_id"), app::before_service_delete);
  return openstack::empty_response(204);
}

Response list_endpoints(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal_if("interface", text_filter(request, "interface"))
      .equal_if("service_id", text_filter(request, "service_id"))
      .equal_if("region_id", text_filter(request, "region_id"));
  return list_response(core, request, "endpoints", app::list_rows<Endpoint>(core, where),
                       endpoint_view);
}

Response endpoint_response(Core& core, const ApiRequest& request, int status,
                           const Endpoint& endpoint) {
  return entity_response(status, "endpoint", endpoint_view(endpoint, url_base(core, request)));
}

Response show_endpoint(Core& core, ApiRequest& request) {
  return endpoint_response(core, request, 200,
                           app::get_row<Endpoint>(core, request.parameter("endpoint_id")));
}

// A region that only its name in an endpoint mentions comes into being with it, as in Keystone.
void ensure_region(Core& core, const Json& body) {
  const std::string name = base::text_or(body, "region");
  if (name.empty() || base::find(body, "region_id")) return;
  Region region;
  region.id = name;
  try {
    (void)app::create_row(core, region);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::conflict) throw;
  }
}

Response create_endpoint(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "endpoint");
  Endpoint endpoint;
  apply(body, endpoint);
  ensure_region(core, body);
  return endpoint_response(core, request, 201,
                           app::create_row(core, endpoint, app::check_endpoint));
}

Response update_endpoint(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "endpoint");
  ensure_region(core, body);
  return endpoint_response(
      core, request, 200,
      app::update_row<Endpoint>(
          core, request.parameter("endpoint_id"),
          [&](Endpoint& endpoint) { apply(body, endpoint); }, app::check_endpoint));
}

Response delete_endpoint(Core& core, ApiRequest& request) {
  app::delete_row<Endpoint>(core, request.parameter("endpoint_id"), app::before_endpoint_delete);
  return openstack::empty_response(204);
}

}  // namespace

JsonObject service_view(const Service& service, const std::string& base) {
  JsonObject view = start_view(service.extra, base + "/services/" + service.id);
  view["id"] = service.id;
  view["type"] = service.type;
  view["name"] = service.name;
  view["enabled"] = service.enabled;
  return view;
}

JsonObject endpoint_view(const Endpoint& endpoint, const std::string& base) {
  JsonObject view = start_view(endpoint.extra, base + "/endpoints/" + endpoint.id);
  view["id"] = endpoint.id;
  view["interface"] = endpoint.interface;
  view["service_id"] = endpoint.service_id;
  view["region"] = or_null(endpoint.region_id);
  view["region_id"] = or_null(endpoint.region_id);
  view["url"] = endpoint.url;
  view["enabled"] = endpoint.enabled;
  return view;
}

Routes catalog_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kRegion = "/regions/{region_id}";
  constexpr std::string_view kService = "/services/{service_id}";
  constexpr std::string_view kEndpoint = "/endpoints/{endpoint_id}";
  return {
      {"GET", "/regions", "identity:list_regions", on(list_regions)},
      {"POST", "/regions", "identity:create_region", on(create_region), &region_schema()},
      {"GET", kRegion, "identity:get_region", on(show_region)},
      {"PUT", kRegion, "identity:create_region", on(create_region_with_id), &region_schema()},
      {"PATCH", kRegion, "identity:update_region", on(update_region), &region_schema()},
      {"DELETE", kRegion, "identity:delete_region", on(delete_region)},
      {"GET", "/services", "identity:list_services", on(list_services)},
      {"POST", "/services", "identity:create_service", on(create_service), &service_create()},
      {"GET", kService, "identity:get_service", on(show_service)},
      {"PATCH", kService, "identity:update_service", on(update_service), &service_update()},
      {"DELETE", kService, "identity:delete_service", on(delete_service)},
      {"GET", "/endpoints", "identity:list_endpoints", on(list_endpoints)},
      {"POST", "/endpoints", "identity:create_endpoint", on(create_endpoint), &endpoint_create()},
      {"GET", kEndpoint, "identity:get_endpoint", on(show_endpoint)},
      {"PATCH", kEndpoint, "identity:update_endpoint", on(update_endpoint), &endpoint_update()},
      {"DELETE", kEndpoint, "identity:delete_endpoint", on(delete_endpoint)},
  };
}

}  // namespace keystone::api
