// Resources that are truly empty here, and those that Nova itself has removed.
#include "nova/api/routes.hpp"

namespace nova::api {
namespace {

// No server of this cloud migrates.
Response list_migrations(app::App&, ApiRequest&) {
  base::JsonWriter json;
  json.begin_object();
  json.key("migrations");
  json.raw("[]");
  json.end_object();
  return answer(json);
}

Response gone(app::App&, ApiRequest&) {
  throw base::Error(base::ErrorKind::gone,
                    "This resource is no longer available. No forwarding address is given.");
}

}  // namespace

openstack::Routes empty_resource_routes(app::App& app) {
  constexpr std::string_view any = "os_compute_api:servers:index";
  openstack::Routes routes = {
      {"GET", "/os-migrations", "os_compute_api:os-migrations:index", bind(app, list_migrations)},
  };
  for (const std::string_view path : {"/os-agents", "/os-cells", "/os-fping", "/os-certificates",
                                      "/os-cloudpipe", "/os-consoles"})
    routes.push_back({"GET", path, any, bind(app, gone)});
  return routes;
}

}  // namespace nova::api
