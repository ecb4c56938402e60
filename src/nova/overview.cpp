#include "nova/overview.hpp"

#include "nova/store/hosts.hpp"
#include "nova/store/server_counts.hpp"

namespace nova {
namespace {

bool is_alive(const store::ServiceRow& service, base::TimePoint alive_after) {
  return !service.forced_down && service.last_seen_at >= alive_after;
}

openstack::RoleState state_of(const store::ServiceRow& service, base::TimePoint alive_after) {
  openstack::RoleState state;
  state.role = service.binary_name;
  state.host = service.host;
  state.up = is_alive(service, alive_after);
  state.enabled = !service.disabled;
  state.remark = service.forced_down ? "forced down" : service.disabled_reason.value_or("");
  state.reported = service.last_seen_at;
  return state;
}

HostOverview overview_of(const store::HostRow& row, base::TimePoint alive_after) {
  HostOverview host;
  host.host = row.node.host;
  host.up = is_alive(row.service, alive_after);
  host.enabled = !row.service.disabled;
  host.virt_type = row.node.virt_type;
  host.servers = row.servers;
  host.in_progress = row.in_progress;
  host.running_guests = row.node.running_guests;
  host.vcpus = row.node.vcpus;
  host.vcpus_used = row.vcpus_used;
  host.memory_mib = row.node.memory_mib;
  host.memory_mib_used = row.memory_mib_used;
  host.free_disk_gib = row.node.free_disk_gib;
  return host;
}

}  // namespace

Overview read_overview(platform::Database& database, const platform::Config& config,
                       base::TimePoint now) {
  const base::TimePoint alive_after =
      now - std::chrono::seconds{config.integer("DEFAULT", "service_down_time")};
  return database.read([&](platform::Session& session) {
    Overview overview;
    for (const store::ServiceRow& service : store::list_services(session))
      overview.roles.push_back(state_of(service, alive_after));
    for (const store::HostRow& host : store::list_hosts(session))
      overview.hosts.push_back(overview_of(host, alive_after));
    const store::ServerCounts counts = store::count_servers(session, now);
    overview.servers = counts.by_state;
    overview.operations = counts.in_progress;
    overview.overdue = counts.overdue;
    return overview;
  });
}

}  // namespace nova
