// /os-hosts, until 2.42. https://docs.openstack.org/api-ref/compute/#hosts-os-hosts-deprecated
#include "nova/store/hosts.hpp"
#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

Response list_hosts(app::App& app, ApiRequest& request) {
  const auto zone = request.query.get("zone").value_or("");
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
      if (!zone.empty() && its_zone != zone) continue;
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

store::HostRow get_host(platform::Session& session, const std::string& name) {
  auto host = store::find_host(session, name);
  if (!host) not_found("Compute host " + name + " could not be found.");
  return *std::move(host);
}

Response show_host(app::App& app, ApiRequest& request) {
  const std::string& name = request.parameter("host");
  const auto host =
      app.database.read([&](platform::Session& session) { return get_host(session, name); });
  base::JsonWriter json;
  json.begin_object();
  json.key("host");
  json.begin_array();
  write_use(json, name, {"(total)", host.node.vcpus, host.node.memory_mib, host.node.disk_gib});
  write_use(json, name, {"(used_now)", host.vcpus_used, host.memory_mib_used, host.disk_gib_used});
  write_use(json, name, {"(used_max)", host.vcpus_used, host.memory_mib_used, host.disk_gib_used});
  json.end_array();
  json.end_object();
  return answer(json);
}

// "status": "enable" or "disable" lets the scheduler use the host or not. What concerns the machine
// itself, no driver here can do; libvirt's answers the same.
Response update_host(app::App& app, ApiRequest& request) {
  const std::string& name = request.parameter("host");
  const std::string status = base::lower(base::trim(base::text_or(request.body, "status")));
  app.database.write("host.update", [&](platform::Session& session) {
    store::ServiceRow service = get_host(session, name).service;
    if (base::find(request.body, "maintenance_mode"))
      throw base::Error(base::ErrorKind::not_implemented,
                        "Virt driver does not implement host maintenance mode.");
    service.disabled = status == "disable";
    store::update_service(session, service);
  });
  base::JsonWriter json;
  json.begin_object();
  json.field("host", name);
  json.field("status", status + "d");
  json.end_object();
  return answer(json);
}

Response change_host_power(app::App& app, ApiRequest& request) {
  app.database.read([&](platform::Session& session) {
    static_cast<void>(get_host(session, request.parameter("host")));
  });
  throw base::Error(base::ErrorKind::not_implemented,
                    "Virt driver does not implement host power management.");
}

}  // namespace

openstack::Routes host_routes(app::App& app) {
  static const openstack::Schema update_schema(
      R"({"type":"object","properties":{)"
      R"("status":{"type":"string","enum":["enable","disable","Enable","Disable","ENABLE","DISABLE"]},)"
      R"("maintenance_mode":{"type":"string","enum":["enable","disable","Enable","Disable","ENABLE","DISABLE"]}},)"
      R"("minProperties":1,"additionalProperties":false})");
  const auto row = [&](std::string_view method, std::string_view path, std::string_view policy,
                       AppHandler handler, const openstack::Schema* schema = nullptr) {
    return openstack::Route{method, path, policy, bind(app, handler), schema, kFirst, {2, 42}};
  };
  constexpr std::string_view power = "os_compute_api:os-hosts:reboot";
  return {
      row("GET", "/os-hosts", "os_compute_api:os-hosts:list", list_hosts),
      row("GET", "/os-hosts/{host}", "os_compute_api:os-hosts:show", show_host),
      row("PUT", "/os-hosts/{host}", "os_compute_api:os-hosts:update", update_host, &update_schema),
      row("GET", "/os-hosts/{host}/startup", power, change_host_power),
      row("GET", "/os-hosts/{host}/shutdown", power, change_host_power),
      row("GET", "/os-hosts/{host}/reboot", power, change_host_power),
  };
}

}  // namespace nova::api
