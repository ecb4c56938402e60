// /os-simple-tenant-usage.
// https://docs.openstack.org/api-ref/compute/#usage-reports-os-simple-tenant-usage
#include <fmt/format.h>

#include <map>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/api/server_view.hpp"
#include "nova/store/instances.hpp"

namespace nova::api {
namespace {

using base::TimePoint;
using store::InstanceRow;

constexpr Microversion kPaging{2, 40};

struct Period {
  TimePoint start;
  TimePoint stop;
};

TimePoint time_of(const ApiRequest& request, std::string_view name, TimePoint fallback) {
  const auto text = request.query.get(name);
  if (!text) return fallback;
  const auto time = base::parse_time(*text);
  if (!time) bad_request(fmt::format("Datetime is in invalid format: {}", *text));
  return *time;
}

Period period_of(const app::App& app, const ApiRequest& request) {
  const TimePoint now = app.now();
  const Period period{time_of(request, "start", now), time_of(request, "end", now)};
  if (period.start > period.stop)
    bad_request("Invalid start time. The start time cannot occur after the end time.");
  return period;
}

// Hours within the period.
double hours_of(const InstanceRow& server, const Period& period) {
  if (!server.launched_at) return 0;
  const TimePoint from = std::max(*server.launched_at, period.start);
  const TimePoint to = std::min(server.terminated_at.value_or(period.stop), period.stop);
  if (to <= from) return 0;
  return static_cast<double>((to - from).count()) / 3.6e9;
}

std::vector<InstanceRow> servers_in(app::App& app, const std::string& project,
                                    const Period& period) {
  return app.database.read([&](platform::Session& session) {
    const std::string time =
        "launched_at IS NOT NULL AND launched_at<=? AND (terminated_at IS NULL OR "
        "terminated_at>=?) ORDER BY project_id, id";
    if (project.empty())
      return platform::select<InstanceRow>(session, "WHERE " + time, {period.stop, period.start});
    return platform::select<InstanceRow>(session, "WHERE project_id=? AND " + time,
                                         {project, period.stop, period.start});
  });
}

void write_server(base::JsonWriter& json, const InstanceRow& server, const Period& period) {
  const TimePoint end = server.terminated_at.value_or(period.stop);
  json.begin_object();
  json.field("instance_id", server.id);
  json.field("name", server.name);
  json.field("hours", hours_of(server, period));
  json.field("flavor", base::text_or(base::parse_json(server.flavor), "name"));
  json.field("tenant_id", server.project_id);
  json.field("memory_mb", server.memory_mib);
  json.field("local_gb", server.disk_gib);
  json.field("vcpus", server.vcpus);
  json.field("started_at", base::format_microseconds_without_zone(*server.launched_at));
  write_time_or_null(json, "ended_at", server.terminated_at);
  json.field("state", server.terminated_at ? "terminated" : server.vm_state);
  json.field("uptime", (end - *server.launched_at).count() / 1000000);
  json.end_object();
}

void write_usage(base::JsonWriter& json, const std::string& project,
                 const std::vector<const InstanceRow*>& servers, const Period& period,
                 bool detailed) {
  double hours = 0, memory = 0, disk = 0, vcpus = 0;
  for (const InstanceRow* server : servers) {
    const double its = hours_of(*server, period);
    hours += its;
    memory += its * static_cast<double>(server->memory_mib);
    disk += its * static_cast<double>(server->disk_gib);
    vcpus += its * static_cast<double>(server->vcpus);
  }
  json.begin_object();
  json.field("tenant_id", project);
  json.field("start", base::format_microseconds_without_zone(period.start));
  json.field("stop", base::format_microseconds_without_zone(period.stop));
  json.field("total_hours", hours);
  json.field("total_memory_mb_usage", memory);
  json.field("total_local_gb_usage", disk);
  json.field("total_vcpus_usage", vcpus);
  if (detailed) {
    json.key("server_usages");
    json.begin_array();
    for (const InstanceRow* server : servers) write_server(json, *server, period);
    json.end_array();
  }
  json.end_object();
}

// Since 2.40 servers are cut into pages; a marker is a server's id.
std::optional<int64_t> cut_page(std::vector<InstanceRow>& servers, const app::App& app,
                                const ApiRequest& request) {
  if (request.context.version < kPaging) return std::nullopt;
  if (const auto marker = request.query.get("marker")) {
    const auto found = std::find_if(servers.begin(), servers.end(),
                                    [&](const InstanceRow& row) { return row.id == *marker; });
    if (found == servers.end()) bad_request("marker [" + std::string(*marker) + "] not found");
    servers.erase(servers.begin(), found + 1);
  }
  int64_t limit = app.settings.max_limit;
  if (const auto text = request.query.get("limit")) {
    const auto number = base::parse_integer(*text);
    if (!number || *number < 0) bad_request("Invalid input for query parameters limit.");
    if (*number > 0) limit = std::min(limit, *number);
  }
  if (servers.size() > static_cast<size_t>(limit)) servers.resize(static_cast<size_t>(limit));
  return limit;
}

Response list_tenant_usage(app::App& app, ApiRequest& request) {
  const Period period = period_of(app, request);
  const bool detailed = request.query.get("detailed").value_or("0") == "1";
  auto servers = servers_in(app, "", period);
  const auto limit = cut_page(servers, app, request);
  std::map<std::string, std::vector<const InstanceRow*>> projects;
  for (const InstanceRow& server : servers) projects[server.project_id].push_back(&server);
  base::JsonWriter json;
  json.begin_object();
  json.key("tenant_usages");
  json.begin_array();
  for (const auto& [project, its] : projects) write_usage(json, project, its, period, detailed);
  json.end_array();
  write_next_link(json, "tenant_usages_links", request, limit, servers.size(),
                  servers.empty() ? "" : servers.back().id);
  json.end_object();
  return answer(json);
}

Response show_tenant_usage(app::App& app, ApiRequest& request) {
  const std::string& project = request.parameter("project_id");
  request.authorize("os_compute_api:os-simple-tenant-usage:show", {{"project_id", project}});
  const Period period = period_of(app, request);
  auto servers = servers_in(app, project, period);
  const auto limit = cut_page(servers, app, request);
  std::vector<const InstanceRow*> all;
  for (const InstanceRow& server : servers) all.push_back(&server);
  base::JsonWriter json;
  json.begin_object();
  json.key("tenant_usage");
  // Nova answers an empty object for a project without servers.
  if (all.empty())
    json.raw("{}");
  else
    write_usage(json, project, all, period, true);
  write_next_link(json, "tenant_usage_links", request, limit, servers.size(),
                  servers.empty() ? "" : servers.back().id);
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes tenant_usage_routes(app::App& app) {
  return {
      {"GET", "/os-simple-tenant-usage", "os_compute_api:os-simple-tenant-usage:list",
       bind(app, list_tenant_usage)},
      {"GET", "/os-simple-tenant-usage/{project_id}", "os_compute_api:os-simple-tenant-usage:show",
       bind(app, show_tenant_usage)},
  };
}

}  // namespace nova::api
