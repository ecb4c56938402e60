// /os-services, /os-hosts and /os-availability-zone.
// https://docs.openstack.org/api-ref/block-storage/v3/#services-os-services
#include "cinder/store/services.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/store/quotas.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using platform::Session;
using store::ServiceRow;

bool is_alive(const app::App& app, const ServiceRow& service) {
  return service.last_seen_at >= app.now() - app.settings.service_down_time;
}

void write_service(base::JsonWriter& json, const app::App& app, const ApiRequest& request,
                   const ServiceRow& service) {
  const Microversion version = request.context.version;
  json.begin_object();
  json.field("binary", service.binary_name);
  json.field("host", service.host);
  json.field("zone", service.availability_zone);
  json.field("status", service.disabled ? "disabled" : "enabled");
  json.field("state", is_alive(app, service) ? "up" : "down");
  json.field("updated_at", base::format_microseconds_without_zone(service.last_seen_at));
  json.field("disabled_reason", service.disabled_reason);
  if (version >= Microversion{3, 7}) json.field("cluster", nullptr);
  if (service.binary_name == store::kVolumeBinary) {
    json.field("replication_status", "disabled");
    json.field("active_backend_id", nullptr);
    json.field("frozen", service.frozen);
    if (version >= Microversion{3, 49})
      json.field("backend_state", is_alive(app, service) ? "up" : "down");
  }
  json.end_object();
}

// "host" also names all back ends of a host.
bool is_wanted(const ApiRequest& request, const ServiceRow& service) {
  const auto host = request.query.get("host");
  const auto binary = request.query.get("binary");
  if (binary && *binary != service.binary_name) return false;
  return !host || service.host == *host || service.host.starts_with(std::string(*host) + "@");
}

Response list_all_services(app::App& app, ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("services");
  json.begin_array();
  app.database.read([&](Session& session) {
    for (const ServiceRow& service : store::list_services(session))
      if (is_wanted(request, service)) write_service(json, app, request, service);
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

ServiceRow get_backend(Session& session, const std::string& host) {
  auto service = store::find_service(session, host, store::kVolumeBinary);
  if (!service) bad_request("Invalid input received: No service found with host=" + host);
  return *std::move(service);
}

// PUT /os-services/{freeze,thaw}: nothing new comes to a back end that is frozen.
Response freeze_or_thaw(app::App& app, const std::string& host, bool frozen) {
  app.database.write("service.freeze", [&](Session& session) {
    ServiceRow row = get_backend(session, host);
    if (row.frozen == frozen)
      bad_request(fmt::format("Invalid input received: Host {} is {}frozen.", host,
                              frozen ? "already " : "not "));
    row.frozen = row.disabled = frozen;
    row.disabled_reason = frozen ? "frozen" : "";
    platform::update(session, row);
  });
  return openstack::empty_response(202);
}

// There is no replication, so there is nothing to fail over to.
Response refuse_failover(app::App& app, ApiRequest& request, const std::string& host) {
  app.database.read([&](Session& session) { get_backend(session, host); });
  return not_built(app, request);
}

// PUT /os-services/{enable,disable,disable-log-reason} with host and binary.
Response act_on_service(app::App& app, ApiRequest& request) {
  const std::string& action = request.parameter("action");
  const std::string host = base::text_or(request.body, "host");
  if (action == "freeze" || action == "thaw") return freeze_or_thaw(app, host, action == "freeze");
  if (action == "failover_host") return refuse_failover(app, request, host);
  if (action == "set-log" || action == "get-log") return not_built(app, request);
  if (action != "enable" && action != "disable" && action != "disable-log-reason")
    not_found("Unknown action");
  std::string binary = base::text_or(request.body, "binary");
  if (binary.empty()) binary = base::text_or(request.body, "service");
  std::optional<std::string> reason;
  if (action == "disable-log-reason") {
    reason = std::string(base::trim(base::text_or(request.body, "disabled_reason")));
    if (reason->empty())
      bad_request(
          "Invalid input received: Disabled reason contains invalid characters or is too "
          "long");
  }
  const auto service = app.database.write("service.update", [&](Session& session) {
    auto row = store::find_service(session, host, binary);
    if (!row) not_found(fmt::format("Service {} could not be found on host {}.", binary, host));
    row->disabled = action != "enable";
    row->disabled_reason = reason;
    platform::update(session, *row);
    return *row;
  });
  base::JsonWriter json;
  json.begin_object();
  json.field("host", service.host);
  json.field("service", service.binary_name);
  json.field("disabled", service.disabled);
  json.field("binary", service.binary_name);
  json.field("status", service.disabled ? "disabled" : "enabled");
  if (reason) json.field("disabled_reason", *reason);
  json.end_object();
  return answer(json);
}

Response list_zones(app::App& app, ApiRequest&) {
  std::map<std::string, bool> zones;  // name -> whether something in it is enabled
  app.database.read([&](Session& session) {
    for (const ServiceRow& service : store::list_services(session))
      zones[service.availability_zone] |= !service.disabled;
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("availabilityZoneInfo");
  json.begin_array();
  for (const auto& [name, available] : zones) {
    json.begin_object();
    json.field("zoneName", name);
    json.key("zoneState");
    json.begin_object();
    json.field("available", available);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return answer(json);
}

void write_host(base::JsonWriter& json, const app::App& app, const ServiceRow& service) {
  json.begin_object();
  json.field("host_name", service.host);
  json.field("service", service.binary_name);
  json.field("zone", service.availability_zone);
  json.field("service-status", is_alive(app, service) ? "available" : "unavailable");
  json.field("service-state", service.disabled ? "disabled" : "enabled");
  json.field("last-update", base::format_microseconds_without_zone(service.last_seen_at));
  json.end_object();
}

Response list_volume_hosts(app::App& app, ApiRequest& request) {
  const auto zone = request.query.get("zone");
  base::JsonWriter json;
  json.begin_object();
  json.key("hosts");
  json.begin_array();
  app.database.read([&](Session& session) {
    for (const ServiceRow& service : store::list_services(session))
      if (!zone || service.availability_zone == *zone) write_host(json, app, service);
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

void write_use(base::JsonWriter& json, const std::string& host, std::string_view project,
               const store::TypeUsage& use) {
  json.begin_object();
  json.key("resource");
  json.begin_object();
  json.field("host", host);
  json.field("project", project);
  json.field("volume_count", std::to_string(use.volumes));
  json.field("total_volume_gb", std::to_string(use.volumes_gib));
  json.field("snapshot_count", std::to_string(use.snapshots));
  json.field("total_snapshot_gb", std::to_string(use.snapshots_gib));
  json.end_object();
  json.end_object();
}

// What a back end keeps, as a whole and for each project.
Response show_volume_host(app::App& app, ApiRequest& request) {
  const std::string& host = request.parameter("host_name");
  store::TypeUsage total;
  store::Usage projects;
  app.database.read([&](Session& session) {
    if (!store::find_service(session, host, store::kVolumeBinary))
      not_found("Host '" + host + "' could not be found.");
    projects = store::usage_of_backend(session, host);
    for (const auto& [project, use] : projects) {
      total.volumes += use.volumes;
      total.volumes_gib += use.volumes_gib;
      total.snapshots += use.snapshots;
      total.snapshots_gib += use.snapshots_gib;
    }
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("host");
  json.begin_array();
  write_use(json, host, "(total)", total);
  for (const auto& [project, use] : projects) write_use(json, host, project, use);
  json.end_array();
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes service_routes(app::App& app) {
  static const openstack::Schema by_name(
      R"({"type":"object","properties":{"host":{"type":"string","minLength":1,"maxLength":255},)"
      R"("binary":{"type":"string","minLength":1,"maxLength":255},"service":{"type":"string",)"
      R"("minLength":1,"maxLength":255},"disabled_reason":{"type":"string","minLength":1,)"
      R"("maxLength":255}},"required":["host"],"additionalProperties":true})");
  return {
      {"GET", "/os-services", "volume_extension:services:index", bind(app, list_all_services)},
      {"PUT", "/os-services/{action}", "volume_extension:services:update",
       bind(app, act_on_service), &by_name},
      {"GET", "/os-availability-zone", "volume:availability_zone_list", bind(app, list_zones)},
      {"GET", "/os-hosts", "volume_extension:hosts", bind(app, list_volume_hosts)},
      {"GET", "/os-hosts/{host_name}", "volume_extension:hosts", bind(app, show_volume_host)},
  };
}

}  // namespace cinder::api
