// /os-hypervisors. https://docs.openstack.org/api-ref/compute/#hypervisors-os-hypervisors
#include <fmt/format.h>

#include <algorithm>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/store/hosts.hpp"
#include "nova/store/instances.hpp"

namespace nova::api {
namespace {

using store::HostRow;

constexpr Microversion kObjectCpuInfo{2, 28};
constexpr Microversion kPaging{2, 33};
constexpr Microversion kUuids{2, 53};

struct Listed {
  std::vector<HostRow> hosts;
  std::optional<int64_t> limit;
};

std::string id_of(const HostRow& host, Microversion version) {
  return version >= kUuids ? host.node.id : std::to_string(host.node.number);
}

bool is_up(const app::App& app, const HostRow& host) {
  return !host.service.forced_down &&
         host.service.last_seen_at >= app.now() - app.settings.service_down_time;
}

void write_id(base::JsonWriter& json, const HostRow& host, Microversion version) {
  if (version >= kUuids)
    json.field("id", host.node.id);
  else
    json.field("id", host.node.number);
}

void write_brief(base::JsonWriter& json, const app::App& app, const HostRow& host,
                 Microversion version) {
  write_id(json, host, version);
  json.field("hypervisor_hostname", host.node.hypervisor_hostname);
  json.field("state", is_up(app, host) ? "up" : "down");
  json.field("status", host.service.disabled ? "disabled" : "enabled");
}

void write_cpu_info(base::JsonWriter& json, const HostRow& host, Microversion version) {
  if (version < kObjectCpuInfo) return json.field("cpu_info", host.node.cpu_info);
  json.key("cpu_info");
  json.raw(host.node.cpu_info.empty() ? "{}" : host.node.cpu_info);
}

void write_detail(base::JsonWriter& json, const app::App& app, const HostRow& host,
                  Microversion version) {
  write_brief(json, app, host, version);
  const auto& node = host.node;
  write_cpu_info(json, host, version);
  json.field("vcpus", node.vcpus);
  json.field("memory_mb", node.memory_mib);
  json.field("local_gb", node.disk_gib);
  json.field("vcpus_used", host.vcpus_used);
  json.field("memory_mb_used", host.memory_mib_used + app.settings.reserved_host_memory_mib);
  json.field("local_gb_used", host.disk_gib_used);
  json.field("free_ram_mb",
             node.memory_mib - host.memory_mib_used - app.settings.reserved_host_memory_mib);
  json.field("free_disk_gb", node.disk_gib - host.disk_gib_used);
  json.field("disk_available_least", node.free_disk_gib);
  json.field("current_workload", host.in_progress);
  json.field("running_vms", node.running_guests);
  json.field("hypervisor_type", node.hypervisor_type);
  json.field("hypervisor_version", node.hypervisor_version);
  write_text_or_null(json, "host_ip", node.host_ip);
  json.key("service");
  json.begin_object();
  if (version >= kUuids)
    json.field("id", host.service.id);
  else
    json.field("id", host.service.number);
  json.field("host", host.service.host);
  json.field("disabled_reason", host.service.disabled_reason);
  json.end_object();
}

void write_servers(base::JsonWriter& json, platform::Session& session, const std::string& host) {
  json.key("servers");
  json.begin_array();
  session.query("SELECT id, number FROM instances WHERE host=? AND deleted=0 ORDER BY number",
                {host}, [&](const platform::SqlRow& row) {
                  json.begin_object();
                  json.field("uuid", row.text(0));
                  json.field("name", store::instance_name(row.integer(1)));
                  json.end_object();
                });
  json.end_array();
}

// limit and marker since 2.33, hypervisor_hostname_pattern since 2.53.
Listed list_of(app::App& app, const ApiRequest& request) {
  Listed listed;
  listed.hosts =
      app.database.read([](platform::Session& session) { return store::list_hosts(session); });
  auto& hosts = listed.hosts;
  const Microversion version = request.context.version;
  std::sort(hosts.begin(), hosts.end(),
            [](const HostRow& a, const HostRow& b) { return a.node.number < b.node.number; });
  if (const auto pattern = request.query.get("hypervisor_hostname_pattern");
      pattern && version >= kUuids) {
    std::erase_if(hosts, [&](const HostRow& host) {
      return host.node.hypervisor_hostname.find(*pattern) == std::string::npos;
    });
    if (hosts.empty())
      not_found("No hypervisor matching '" + std::string(*pattern) + "' could be found.");
  }
  if (version < kPaging) return listed;
  if (const auto marker = request.query.get("marker")) {
    const auto found = std::find_if(hosts.begin(), hosts.end(), [&](const HostRow& host) {
      return id_of(host, version) == *marker;
    });
    if (found == hosts.end()) bad_request("marker [" + std::string(*marker) + "] not found");
    hosts.erase(hosts.begin(), found + 1);
  }
  listed.limit = app.settings.max_limit;
  if (const auto text = request.query.get("limit")) {
    const auto number = base::parse_integer(*text);
    if (!number || *number < 0) bad_request("Invalid input for query parameters limit.");
    if (*number > 0) listed.limit = std::min(*listed.limit, *number);
  }
  if (hosts.size() > static_cast<size_t>(*listed.limit))
    hosts.resize(static_cast<size_t>(*listed.limit));
  return listed;
}

Response list_hypervisors_as(app::App& app, ApiRequest& request, bool detail) {
  const Microversion version = request.context.version;
  if (version >= kUuids)
    refuse_unknown_query(request,
                         {"limit", "marker", "hypervisor_hostname_pattern", "with_servers"});
  const Listed listed = list_of(app, request);
  const bool with_servers = version >= kUuids && query_flag(request, "with_servers", false);
  base::JsonWriter json;
  json.begin_object();
  json.key("hypervisors");
  json.begin_array();
  app.database.read([&](platform::Session& session) {
    for (const HostRow& host : listed.hosts) {
      json.begin_object();
      detail ? write_detail(json, app, host, version) : write_brief(json, app, host, version);
      if (with_servers) write_servers(json, session, host.node.host);
      json.end_object();
    }
  });
  json.end_array();
  write_next_link(json, "hypervisors_links", request, listed.limit, listed.hosts.size(),
                  listed.hosts.empty() ? "" : id_of(listed.hosts.back(), version));
  json.end_object();
  return answer(json);
}

Response list_hypervisors(app::App& app, ApiRequest& request) {
  return list_hypervisors_as(app, request, false);
}
Response list_hypervisors_detail(app::App& app, ApiRequest& request) {
  return list_hypervisors_as(app, request, true);
}

HostRow get_host(app::App& app, const ApiRequest& request) {
  const std::string& id = request.parameter("hypervisor_id");
  const Microversion version = request.context.version;
  if (version >= kUuids && !base::is_uuid(id)) bad_request("Invalid uuid " + id);
  for (HostRow& host :
       app.database.read([](platform::Session& session) { return store::list_hosts(session); }))
    if (id_of(host, version) == id) return std::move(host);
  not_found("Hypervisor with ID '" + id + "' could not be found.");
}

Response show_hypervisor(app::App& app, ApiRequest& request) {
  const HostRow host = get_host(app, request);
  const Microversion version = request.context.version;
  const bool with_servers = version >= kUuids && query_flag(request, "with_servers", false);
  base::JsonWriter json;
  json.begin_object();
  json.key("hypervisor");
  json.begin_object();
  write_detail(json, app, host, version);
  if (with_servers)
    app.database.read(
        [&](platform::Session& session) { write_servers(json, session, host.node.host); });
  json.end_object();
  json.end_object();
  return answer(json);
}

Response show_uptime(app::App& app, ApiRequest& request) {
  const HostRow host = get_host(app, request);
  const auto message = app.message(app::origin_of(request.context), GetHostUptime{host.node.host});
  std::string uptime;
  try {
    uptime = platform::call<GetHostUptime>(app.bus, compute_events_topic(host.node.host), message,
                                           std::chrono::seconds{20})
                 .text;
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::unavailable) throw;
    bad_request("Compute service of " + host.node.host + " is unavailable at this time.");
  }
  base::JsonWriter json;
  json.begin_object();
  json.key("hypervisor");
  json.begin_object();
  write_brief(json, app, host, request.context.version);
  json.field("uptime", uptime);
  json.end_object();
  json.end_object();
  return answer(json);
}

Response statistics(app::App& app, ApiRequest&) {
  const auto hosts =
      app.database.read([](platform::Session& session) { return store::list_hosts(session); });
  const auto sum = [&](auto value) {
    int64_t total = 0;
    for (const HostRow& host : hosts)
      if (!host.service.disabled) total += value(host);
    return total;
  };
  base::JsonWriter json;
  json.begin_object();
  json.key("hypervisor_statistics");
  json.begin_object();
  json.field("count", sum([](const HostRow&) { return 1; }));
  json.field("vcpus", sum([](const HostRow& h) { return h.node.vcpus; }));
  json.field("memory_mb", sum([](const HostRow& h) { return h.node.memory_mib; }));
  json.field("local_gb", sum([](const HostRow& h) { return h.node.disk_gib; }));
  json.field("vcpus_used", sum([](const HostRow& h) { return h.vcpus_used; }));
  json.field("memory_mb_used", sum([](const HostRow& h) { return h.memory_mib_used; }));
  json.field("local_gb_used", sum([](const HostRow& h) { return h.disk_gib_used; }));
  json.field("free_ram_mb",
             sum([](const HostRow& h) { return h.node.memory_mib - h.memory_mib_used; }));
  json.field("free_disk_gb",
             sum([](const HostRow& h) { return h.node.disk_gib - h.disk_gib_used; }));
  json.field("disk_available_least", sum([](const HostRow& h) { return h.node.free_disk_gib; }));
  json.field("current_workload", sum([](const HostRow& h) { return h.in_progress; }));
  json.field("running_vms", sum([](const HostRow& h) { return h.node.running_guests; }));
  json.end_object();
  json.end_object();
  return answer(json);
}

// Until 2.52: hypervisors whose host name contains the text, with their servers or without.
Response search_as(app::App& app, ApiRequest& request, bool with_servers) {
  const std::string& pattern = request.parameter("hypervisor_id");
  base::JsonWriter json;
  json.begin_object();
  json.key("hypervisors");
  json.begin_array();
  size_t found = 0;
  app.database.read([&](platform::Session& session) {
    for (const HostRow& host : store::list_hosts(session)) {
      if (host.node.hypervisor_hostname.find(pattern) == std::string::npos) continue;
      ++found;
      json.begin_object();
      write_brief(json, app, host, request.context.version);
      if (with_servers && host.servers > 0) write_servers(json, session, host.node.host);
      json.end_object();
    }
  });
  json.end_array();
  json.end_object();
  if (found == 0) not_found("No hypervisor matching '" + pattern + "' could be found.");
  return answer(json);
}

Response search(app::App& app, ApiRequest& request) { return search_as(app, request, false); }
Response servers(app::App& app, ApiRequest& request) { return search_as(app, request, true); }

}  // namespace

openstack::Routes hypervisor_routes(app::App& app) {
  constexpr Microversion old{2, 52};
  return {
      {"GET", "/os-hypervisors", "os_compute_api:os-hypervisors:list", bind(app, list_hypervisors)},
      {"GET", "/os-hypervisors/detail", "os_compute_api:os-hypervisors:list-detail",
       bind(app, list_hypervisors_detail)},
      {"GET", "/os-hypervisors/statistics", "os_compute_api:os-hypervisors:statistics",
       bind(app, statistics)},
      {"GET", "/os-hypervisors/{hypervisor_id}", "os_compute_api:os-hypervisors:show",
       bind(app, show_hypervisor)},
      {"GET", "/os-hypervisors/{hypervisor_id}/uptime", "os_compute_api:os-hypervisors:uptime",
       bind(app, show_uptime)},
      {"GET", "/os-hypervisors/{hypervisor_id}/search", "os_compute_api:os-hypervisors:search",
       bind(app, search), nullptr, kFirst, old},
      {"GET", "/os-hypervisors/{hypervisor_id}/servers", "os_compute_api:os-hypervisors:servers",
       bind(app, servers), nullptr, kFirst, old},
  };
}

}  // namespace nova::api
