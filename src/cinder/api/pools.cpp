// /scheduler-stats/get_pools: what the scheduler knows of each pool.
// https://docs.openstack.org/api-ref/block-storage/v3/#back-end-storage-pools
#include "cinder/store/pools.hpp"

#include "cinder/api/routes.hpp"

namespace cinder::api {
namespace {

// A capability as the API shows it: "True" is a flag there.
base::Json shown(const std::string& text) {
  if (text == "True") return true;
  if (text == "False") return false;
  return base::Json(text);
}

void write_capabilities(base::JsonWriter& json, const store::PoolState& state) {
  const store::PoolRow& pool = state.pool;
  json.begin_object();
  const base::JsonView capabilities(pool.capabilities);
  for (const auto& [key, value] : (*capabilities).as_object())
    json.field(key, shown(text_of(value)));
  json.field("pool_name", pool.backend_name);
  json.field("total_capacity_gb", pool.total_gib);
  json.field("free_capacity_gb", pool.free_gib);
  json.field("allocated_capacity_gb", state.claimed_gib);
  json.field("provisioned_capacity_gb", state.claimed_gib);
  json.field("reserved_percentage", pool.reserved_percentage);
  json.field("max_over_subscription_ratio",
             static_cast<double>(pool.over_subscription_percent) / 100.0);
  json.field("timestamp", base::format_microseconds_without_zone(pool.updated_at));
  json.field("backend_state", "up");
  json.end_object();
}

Response list_all_pools(app::App& app, ApiRequest& request) {
  const bool detail = query_flag(request, "detail", false);
  const auto name = request.query.get("name");
  const base::TimePoint alive_after = app.now() - app.settings.service_down_time;
  base::JsonWriter json;
  json.begin_object();
  json.key("pools");
  json.begin_array();
  app.database.read([&](platform::Session& session) {
    for (const store::PoolState& state : store::list_pools(session)) {
      if (name && state.pool.name != *name) continue;
      if (state.service.disabled || state.service.last_seen_at < alive_after) continue;
      json.begin_object();
      json.field("name", state.pool.name);
      if (detail) {
        json.key("capabilities");
        write_capabilities(json, state);
      }
      json.end_object();
    }
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

// GET /capabilities/{host}, where host is a back end or a pool.
Response show_capabilities(app::App& app, ApiRequest& request) {
  const std::string& host = request.parameter("host_name");
  const auto pool = app.database.read([&](platform::Session& session) {
    for (auto& state : store::list_pools(session))
      if (state.pool.host == host || state.pool.name == host) return state.pool;
    not_found("Service cinder-volume could not be found on host " + host + ".");
  });
  const base::JsonView capabilities(pool.capabilities);
  base::JsonWriter json;
  json.begin_object();
  json.field("namespace", "OS::Storage::Capabilities::" + host);
  for (const char* const name : {"vendor_name", "driver_version", "storage_protocol"})
    json.field(name, base::text_or(*capabilities, name));
  json.field("volume_backend_name", pool.backend_name);
  for (const char* const name : {"pool_name", "display_name", "description", "visibility"})
    json.field(name, nullptr);
  json.key("replication_targets");
  json.raw("[]");
  json.key("properties");
  json.raw("{}");
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes pool_routes(app::App& app) {
  return {{"GET", "/scheduler-stats/get_pools", "scheduler_extension:scheduler_stats:get_pools",
           bind(app, list_all_pools)},
          {"GET", "/capabilities/{host_name}", "volume_extension:capabilities",
           bind(app, show_capabilities)}};
}

}  // namespace cinder::api
