// /os-services and /os-availability-zone.
// https://docs.openstack.org/api-ref/compute/#compute-services-os-services
#include <fmt/format.h>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/store/aggregates.hpp"
#include "nova/store/hosts.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

using base::Json;
using store::ServiceRow;

constexpr Microversion kForcedDown{2, 11};
constexpr Microversion kUuids{2, 53};

bool is_up(const app::App& app, const ServiceRow& service) {
  return !service.forced_down && service.last_seen_at >= app.now() - app.settings.service_down_time;
}

std::string zone_of(platform::Session& session, const app::App& app, const ServiceRow& service) {
  if (service.binary_name != "nova-compute") return std::string(store::kInternalZone);
  const std::string zone = store::zone_of_host(session, service.host);
  return zone.empty() ? app.settings.default_zone : zone;
}

void write_service(base::JsonWriter& json, const app::App& app, const ServiceRow& service,
                   const std::string& zone, Microversion version) {
  json.begin_object();
  if (version >= kUuids)
    json.field("id", service.id);
  else
    json.field("id", service.number);
  json.field("binary", service.binary_name);
  json.field("host", service.host);
  json.field("zone", zone);
  json.field("status", service.disabled ? "disabled" : "enabled");
  json.field("state", is_up(app, service) ? "up" : "down");
  json.field("updated_at", base::format_microseconds_without_zone(service.last_seen_at));
  json.field("disabled_reason", service.disabled_reason);
  if (version >= kForcedDown) json.field("forced_down", service.forced_down);
  json.end_object();
}

Response list_services(app::App& app, ApiRequest& request) {
  if (request.context.version >= Microversion{2, 75})
    refuse_unknown_query(request, {"host", "binary"});
  const auto host = request.query.get("host");
  const auto binary = request.query.get("binary");
  base::JsonWriter json;
  json.begin_object();
  json.key("services");
  json.begin_array();
  app.database.read([&](platform::Session& session) {
    for (const ServiceRow& service : store::list_services(session)) {
      if ((host && service.host != *host) || (binary && service.binary_name != *binary)) continue;
      write_service(json, app, service, zone_of(session, app, service), request.context.version);
    }
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

// What an update sets; absent: as it is.
struct Change {
  std::optional<bool> disabled;
  std::optional<std::string> reason;
  std::optional<bool> forced_down;
};

void apply(const Change& change, ServiceRow& service) {
  if (change.disabled) {
    service.disabled = *change.disabled;
    service.disabled_reason = change.reason;
  }
  if (change.forced_down) service.forced_down = *change.forced_down;
}

ServiceRow get_by_name(platform::Session& session, const Json& body) {
  const std::string host = base::text_or(body, "host");
  const std::string binary = base::text_or(body, "binary");
  auto service = store::find_service(session, host, binary);
  if (!service) not_found(fmt::format("Could not find binary {} on host {}.", binary, host));
  return *std::move(service);
}

// PUT /os-services/{enable,disable,disable-log-reason,force-down} with host and binary, until 2.52.
Response act(app::App& app, ApiRequest& request) {
  const std::string& action = request.parameter("action");
  Change change;
  if (action == "enable") change.disabled = false;
  if (action == "disable" || action == "disable-log-reason") change.disabled = true;
  if (action == "disable-log-reason") {
    if (!base::find(request.body, "disabled_reason")) bad_request("Missing disabled reason field");
    change.reason = std::string(base::trim(base::text_or(request.body, "disabled_reason")));
  }
  const bool force = action == "force-down" && request.context.version >= kForcedDown;
  if (force) {
    const Json* flag = base::find(request.body, "forced_down");
    if (!flag) bad_request("Missing forced_down field");
    change.forced_down = flag_of(*flag);
  }
  if (!change.disabled && !change.forced_down) not_found("Unknown action");
  const auto service = app.database.write("service.update", [&](platform::Session& session) {
    ServiceRow row = get_by_name(session, request.body);
    apply(change, row);
    store::update_service(session, row);
    return row;
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("service");
  json.begin_object();
  json.field("host", service.host);
  json.field("binary", service.binary_name);
  if (change.disabled) json.field("status", service.disabled ? "disabled" : "enabled");
  if (change.reason) json.field("disabled_reason", *change.reason);
  if (change.forced_down) json.field("forced_down", service.forced_down);
  json.end_object();
  json.end_object();
  return answer(json);
}

ServiceRow get_by_id(platform::Session& session, const ApiRequest& request) {
  const std::string& id = request.parameter("service_id");
  const bool uuids = request.context.version >= kUuids;
  if (uuids && !base::is_uuid(id)) bad_request("Invalid uuid " + id);
  if (!uuids && !base::parse_integer(id)) bad_request("Invalid service id: " + id);
  auto service = store::find_service_by_id(session, id);
  if (!service) not_found("Service " + id + " could not be found.");
  return *std::move(service);
}

Response update_service(app::App& app, ApiRequest& request) {
  Change change;
  if (const Json* status = base::find(request.body, "status"))
    change.disabled = text_of(*status) == "disabled";
  if (const Json* reason = base::find(request.body, "disabled_reason")) {
    if (!change.disabled.value_or(false))
      bad_request("Specifying disabled_reason requires that status is \"disabled\".");
    change.reason = text_of(*reason);
  }
  if (const Json* flag = base::find(request.body, "forced_down"))
    change.forced_down = flag_of(*flag);
  if (!change.disabled && !change.forced_down)
    bad_request("No updates were requested. Fields 'status' or 'forced_down' should be specified.");
  std::string zone;
  const auto service = app.database.write("service.update", [&](platform::Session& session) {
    ServiceRow row = get_by_id(session, request);
    if (row.binary_name != "nova-compute")
      bad_request(
          fmt::format("Updating a {} service is not supported. Only nova-compute services "
                      "can be updated.",
                      row.binary_name));
    apply(change, row);
    store::update_service(session, row);
    zone = zone_of(session, app, row);
    return row;
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("service");
  write_service(json, app, service, zone, request.context.version);
  json.end_object();
  return answer(json);
}

Response remove_service(app::App& app, ApiRequest& request) {
  app.database.write("service.delete", [&](platform::Session& session) {
    const ServiceRow service = get_by_id(session, request);
    const auto host = store::find_host(session, service.host);
    if (service.binary_name == "nova-compute" && host && host->servers > 0)
      conflict(
          "Unable to delete compute service that is hosting instances. Migrate or delete the "
          "instances first.");
    store::delete_service(session, service);
  });
  return openstack::empty_response(204);
}

// Zones with the services in them.
using Zones = std::map<std::string, std::map<std::string, std::vector<ServiceRow>>>;

Zones zones_of(app::App& app) {
  return app.database.read([&](platform::Session& session) {
    Zones zones;
    for (const ServiceRow& service : store::list_services(session))
      zones[zone_of(session, app, service)][service.host].push_back(service);
    return zones;
  });
}

void write_zone_hosts(base::JsonWriter& json, const app::App& app,
                      const std::map<std::string, std::vector<ServiceRow>>& hosts) {
  json.begin_object();
  for (const auto& [host, services] : hosts) {
    json.key(host);
    json.begin_object();
    for (const ServiceRow& service : services) {
      json.key(service.binary_name);
      json.begin_object();
      json.field("available", is_up(app, service));
      json.field("active", !service.disabled);
      json.field("updated_at", base::format_microseconds_without_zone(service.last_seen_at));
      json.end_object();
    }
    json.end_object();
  }
  json.end_object();
}

Response zones_as(app::App& app, bool detail) {
  base::JsonWriter json;
  json.begin_object();
  json.key("availabilityZoneInfo");
  json.begin_array();
  for (const auto& [zone, hosts] : zones_of(app)) {
    if (!detail && zone == store::kInternalZone) continue;
    bool available = false;
    for (const auto& [host, services] : hosts)
      for (const ServiceRow& service : services) available |= !service.disabled;
    json.begin_object();
    json.field("zoneName", zone);
    json.key("zoneState");
    json.begin_object();
    json.field("available", available);
    json.end_object();
    json.key("hosts");
    if (detail)
      write_zone_hosts(json, app, hosts);
    else
      json.value(nullptr);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return answer(json);
}

Response list_zones(app::App& app, ApiRequest&) { return zones_as(app, false); }
Response list_zones_detail(app::App& app, ApiRequest&) { return zones_as(app, true); }

}  // namespace

openstack::Routes service_routes(app::App& app) {
  static const openstack::Schema by_name(
      R"({"type":"object","properties":{"host":{"type":"string","minLength":1,"maxLength":255},)"
      R"("binary":{"type":"string","minLength":1,"maxLength":255},"disabled_reason":)"
      R"({"type":"string","minLength":1,"maxLength":255},"forced_down":{"type":["boolean","string"]}},)"
      R"("required":["host","binary"],"additionalProperties":false})");
  static const openstack::Schema by_id(
      R"({"type":"object","properties":{"status":{"type":"string","enum":["enabled","disabled"]},)"
      R"("disabled_reason":{"type":"string","minLength":1,"maxLength":255},)"
      R"("forced_down":{"type":["boolean","string"]}},"additionalProperties":false})");
  constexpr std::string_view rule = "os_compute_api:os-services:update";
  return {
      {"GET", "/os-services", "os_compute_api:os-services:list", bind(app, list_services)},
      {"PUT", "/os-services/{action}", rule, bind(app, act), &by_name, kFirst, {2, 52}},
      {"PUT", "/os-services/{service_id}", rule, bind(app, update_service), &by_id, kUuids,
       kLatest},
      {"DELETE", "/os-services/{service_id}", "os_compute_api:os-services:delete",
       bind(app, remove_service)},
  };
}

openstack::Routes availability_zone_routes(app::App& app) {
  return {
      {"GET", "/os-availability-zone", "os_compute_api:os-availability-zone:list",
       bind(app, list_zones)},
      {"GET", "/os-availability-zone/detail", "os_compute_api:os-availability-zone:detail",
       bind(app, list_zones_detail)},
  };
}

}  // namespace nova::api
