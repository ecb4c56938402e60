// Resources that are truly empty here, and those that Nova itself has removed.
#include "nova/api/routes.hpp"
#include "nova/store/hosts.hpp"

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

// https://docs.openstack.org/api-ref/compute/#hosts-os-hosts-deprecated, until 2.42.
Response list_hosts(app::App& app, ApiRequest& request) {
  const auto zone = request.query.get("zone");
  base::JsonWriter json;
  json.begin_object();
  json.key("hosts");
  json.begin_array();
  app.database.read([&](platform::Session& session) {
    for (const auto& service : store::list_services(session)) {
      std::string its_zone(store::kInternalZone);
      if (service.binary_name == "nova-compute") {
        const auto host = store::find_host(session, service.host);
        its_zone = host && !host->zone.empty() ? host->zone : app.settings.default_zone;
      }
      if (zone && its_zone != *zone) continue;
      json.begin_object();
      json.field("host_name", service.host);
      // "nova-compute" is "compute" here.
      json.field("service", service.binary_name.substr(service.binary_name.find('-') + 1));
      json.field("zone", its_zone);
      json.end_object();
    }
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

struct HostUse {
  std::string_view project;
  int64_t cpu, memory_mib, disk_gib;
};

void write_use(base::JsonWriter& json, const std::string& host, const HostUse& use) {
  json.begin_object();
  json.key("resource");
  json.begin_object();
  json.field("host", host);
  json.field("project", use.project);
  json.field("cpu", use.cpu);
  json.field("memory_mb", use.memory_mib);
  json.field("disk_gb", use.disk_gib);
  json.end_object();
  json.end_object();
}

Response show_host(app::App& app, ApiRequest& request) {
  const std::string& name = request.parameter("host");
  const auto host = app.database.read(
      [&](platform::Session& session) { return store::find_host(session, name); });
  if (!host) not_found("Compute host " + name + " could not be found.");
  base::JsonWriter json;
  json.begin_object();
  json.key("host");
  json.begin_array();
  write_use(json, name, {"(total)", host->node.vcpus, host->node.memory_mib, host->node.disk_gib});
  write_use(json, name,
            {"(used_now)", host->vcpus_used, host->memory_mib_used, host->disk_gib_used});
  write_use(json, name,
            {"(used_max)", host->vcpus_used, host->memory_mib_used, host->disk_gib_used});
  json.end_array();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes empty_resource_routes(app::App& app) {
  constexpr std::string_view any = "os_compute_api:servers:index";
  constexpr Microversion hosts_until{2, 42};
  openstack::Routes routes = {
      {"GET", "/os-migrations", "os_compute_api:os-migrations:index", bind(app, list_migrations)},
      {"GET", "/os-hosts", "os_compute_api:os-hosts:list", bind(app, list_hosts), nullptr, kFirst,
       hosts_until},
      {"GET", "/os-hosts/{host}", "os_compute_api:os-hosts:show", bind(app, show_host), nullptr,
       kFirst, hosts_until},
  };
  for (const std::string_view path : {"/os-agents", "/os-cells", "/os-fping", "/os-certificates",
                                      "/os-cloudpipe", "/os-consoles"})
    routes.push_back({"GET", path, any, bind(app, gone)});
  return routes;
}

}  // namespace nova::api
