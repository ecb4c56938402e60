#include "nova/store/hosts.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "base/text.hpp"
#include "nova/store/counters.hpp"

namespace nova::store {
namespace {

using platform::Session;

// What else is told of a compute node `c` with its service `s`. Not `<>`: this way the index leads
// to those servers past all others of the host.
constexpr std::string_view kServersInOperation =
    "(SELECT COUNT(*) FROM instances i WHERE i.host=c.host AND i.deleted=0 AND i.task_state>'')";
constexpr std::string_view kZone =
    "(SELECT MIN(g.availability_zone) FROM aggregate_hosts h JOIN aggregates g "
    "ON g.id=h.aggregate_id WHERE h.host=c.host AND g.availability_zone<>'')";
constexpr std::string_view kOfNodes =
    " FROM compute_nodes c JOIN services s ON s.host=c.host AND s.binary_name='nova-compute' ";

std::string zone_in(const platform::SqlRow& row, size_t column) {
  return row.is_null(column) ? "" : std::string(row.text(column));
}

const std::string& host_select() {
  static const std::string sql = [] {
    std::string text = "SELECT " + platform::columns_of<ComputeNodeRow>("c") + ", " +
                       platform::columns_of<ServiceRow>("s");
    return text.append(", ")
        .append(kServersInOperation)
        .append(", ")
        .append(kZone)
        .append(kOfNodes);
  }();
  return sql;
}

HostRow decode_host(const platform::SqlRow& row) {
  HostRow host;
  host.node = platform::decode<ComputeNodeRow>(row, 0);
  size_t column = 17;
  host.service = platform::decode<ServiceRow>(row, column);
  column += 9;
  host.in_progress = row.integer(column);
  host.zone = zone_in(row, column + 1);
  return host;
}

const std::string& state_select() {
  static const std::string sql = [] {
    std::string text =
        "SELECT c.host, c.generation, c.hypervisor_type, c.vcpus, c.memory_mib, c.disk_gib, "
        "s.last_seen_at, s.disabled, s.forced_down, ";
    return text.append(kServersInOperation).append(", ").append(kZone).append(kOfNodes);
  }();
  return sql;
}

HostState decode_state(const platform::SqlRow& row) {
  HostState state;
  state.host = row.text(0);
  state.generation = row.integer(1);
  state.hypervisor_type = row.text(2);
  state.resources = {row.integer(3), row.integer(4), row.integer(5)};
  state.last_seen_at = row.get<base::TimePoint>(6);
  state.enabled = row.integer(7) == 0 && row.integer(8) == 0;
  state.in_progress = row.integer(9);
  state.zone = zone_in(row, 10);
  return state;
}

struct Claims {
  Capacity used;
  int64_t servers = 0;
};

// The claims of each host are gone through once for all their sums: schedulers read a host again
// after every claim on it.
std::unordered_map<std::string, Claims> claims_on(Session& session,
                                                  const std::vector<std::string>& hosts) {
  // A fixed number of placeholders, so that there is one statement; the rest is padded.
  constexpr size_t kBatch = 8;
  std::unordered_map<std::string, Claims> claims;
  for (size_t first = 0; first < hosts.size(); first += kBatch) {
    platform::SqlValues names;
    for (size_t i = first; i < first + kBatch; ++i)
      names.emplace_back(hosts[std::min(i, hosts.size() - 1)]);
    session.query(
        "SELECT host, SUM(vcpus), SUM(memory_mib), SUM(disk_gib), COUNT(*) FROM allocations "
        "WHERE host IN (?,?,?,?,?,?,?,?) GROUP BY host",
        names, [&](const platform::SqlRow& row) {
          claims[std::string(row.text(0))] = {{row.integer(1), row.integer(2), row.integer(3)},
                                              row.integer(4)};
        });
  }
  return claims;
}

std::vector<HostRow> select_hosts(Session& session, const std::string& tail,
                                  const platform::SqlValues& values) {
  std::vector<HostRow> hosts;
  std::vector<std::string> names;
  session.query(host_select() + tail, values, [&](const platform::SqlRow& row) {
    names.push_back(hosts.emplace_back(decode_host(row)).node.host);
  });
  const auto claims = claims_on(session, names);
  for (HostRow& host : hosts) {
    const auto found = claims.find(host.node.host);
    if (found == claims.end()) continue;
    host.vcpus_used = found->second.used.vcpus;
    host.memory_mib_used = found->second.used.memory_mib;
    host.disk_gib_used = found->second.used.disk_gib;
    host.servers = found->second.servers;
  }
  return hosts;
}

std::vector<HostState> select_states(Session& session, const std::string& tail,
                                     const platform::SqlValues& values) {
  std::vector<HostState> states;
  std::vector<std::string> names;
  session.query(state_select() + tail, values, [&](const platform::SqlRow& row) {
    names.push_back(states.emplace_back(decode_state(row)).host);
  });
  const auto claims = claims_on(session, names);
  for (HostState& state : states)
    if (const auto found = claims.find(state.host); found != claims.end())
      state.used = found->second.used;
  return states;
}

// How Nova marks a service that disabled itself.
constexpr std::string_view kByItself = "AUTO: ";

// A host that can run no guests takes itself out of the scheduler's choice, and back into it. What
// an operator has disabled stays so. Returns whether that changes the service.
bool apply_problem(ServiceRow& service, const ReportHost& report) {
  if (service.disabled && !service.disabled_reason.value_or("").starts_with(kByItself))
    return false;
  const bool disabled = !report.problem.empty();
  std::optional<std::string> reason;
  if (disabled) reason = std::string(kByItself) + report.problem;
  if (service.disabled == disabled && service.disabled_reason == reason) return false;
  service.disabled = disabled;
  service.disabled_reason = reason;
  return true;
}

void apply_report(ComputeNodeRow& row, const ReportHost& report) {
  row.hypervisor_hostname =
      report.hypervisor_hostname.empty() ? report.host : report.hypervisor_hostname;
  row.hypervisor_type = report.hypervisor_type;
  row.hypervisor_version = report.hypervisor_version;
  row.host_ip = report.host_ip;
  row.cpu_info = report.cpu_info;
  row.vcpus = report.vcpus;
  row.memory_mib = report.memory_mib;
  row.disk_gib = report.disk_gib;
  row.free_disk_gib = report.free_disk_gib;
  row.running_guests = report.running_guests;
  row.virt_type = report.virt_type;
}

// Hosts per statement: a fixed number of placeholders, the rest of which is padded with the last.
constexpr size_t kReportBatch = 32;
constexpr std::string_view kHostsOfBatch =
    "host IN (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

platform::SqlValues values_of_batch(platform::SqlValues values,
                                    const std::vector<std::string>& hosts) {
  for (size_t i = 0; i < kReportBatch; ++i)
    values.emplace_back(hosts[std::min(i, hosts.size() - 1)]);
  return values;
}

// What is known of the hosts of a batch.
struct KnownHosts {
  std::unordered_map<std::string, ComputeNodeRow> nodes;
  std::unordered_map<std::string, ServiceRow> services;

  KnownHosts(Session& session, const std::vector<std::string>& hosts) {
    const auto values = values_of_batch({}, hosts);
    for (auto& row :
         platform::select<ComputeNodeRow>(session, "WHERE " + std::string(kHostsOfBatch), values))
      nodes.emplace(row.host, row);
    for (auto& row : platform::select<ServiceRow>(
             session, "WHERE binary_name='nova-compute' AND " + std::string(kHostsOfBatch), values))
      services.emplace(row.host, row);
  }

  // Whether the report is no more than a sign of life.
  [[nodiscard]] bool say_the_same(const ReportHost& report) const {
    const auto node = nodes.find(report.host);
    const auto service = services.find(report.host);
    if (node == nodes.end() || service == services.end()) return false;
    ComputeNodeRow row = node->second;
    apply_report(row, report);
    ServiceRow changed = service->second;
    return row == node->second && !apply_problem(changed, report);
  }
};

void write_batch(Session& session, std::span<const HostReport> reports, base::TimePoint now) {
  std::vector<std::string> hosts;
  for (const HostReport& host : reports) hosts.push_back(host.report.host);
  const KnownHosts known(session, hosts);
  hosts.clear();
  for (const HostReport& host : reports) {
    if (known.say_the_same(host.report))
      hosts.push_back(host.report.host);
    else
      report_host(session, host, now);
  }
  if (hosts.empty()) return;
  session.execute("UPDATE services SET last_seen_at=? WHERE binary_name='nova-compute' AND " +
                      std::string(kHostsOfBatch),
                  values_of_batch({now}, hosts));
}

}  // namespace

void beat(Session& session, const Heartbeat& heartbeat, base::TimePoint now) {
  const int64_t known =
      session.change("UPDATE services SET last_seen_at=? WHERE host=? AND binary_name=?",
                     {now, heartbeat.host, heartbeat.binary_name});
  if (known > 0) return;
  ServiceRow row;
  row.id = heartbeat.new_id;
  row.number = take_numbers(session, "services");
  row.host = heartbeat.host;
  row.binary_name = heartbeat.binary_name;
  row.last_seen_at = now;
  row.created_at = now;
  platform::insert(session, row);
}

void report_host(Session& session, const HostReport& host, base::TimePoint now) {
  const ReportHost& report = host.report;
  beat(session, {host.new_service_id, report.host, "nova-compute"}, now);
  const int64_t generation = take_numbers(session, std::string(kHostGenerations));
  auto known = platform::find<ComputeNodeRow>(session, "WHERE host=?", {report.host});
  ComputeNodeRow row = known.value_or(ComputeNodeRow{});
  if (!known) {
    row.id = host.new_id;
    row.number = take_numbers(session, "compute_nodes");
    row.host = report.host;
    row.created_at = now;
  }
  apply_report(row, report);
  row.generation = generation;
  row.updated_at = now;
  if (known)
    platform::update(session, row);
  else
    platform::insert(session, row);
  auto service = find_service(session, report.host, "nova-compute");
  if (service && apply_problem(*service, report)) update_service(session, *service);
}

void report_hosts(Session& session, const std::vector<HostReport>& reports, base::TimePoint now) {
  const std::span all(reports);
  for (size_t first = 0; first < all.size(); first += kReportBatch)
    write_batch(session, all.subspan(first, std::min(kReportBatch, all.size() - first)), now);
}

std::vector<SignOfLife> list_signs_of_life(Session& session) {
  std::vector<SignOfLife> signs;
  session.query("SELECT host, last_seen_at FROM services WHERE binary_name='nova-compute'", {},
                [&](const platform::SqlRow& row) {
                  signs.push_back({std::string(row.text(0)), row.get<base::TimePoint>(1)});
                });
  return signs;
}

std::vector<ServiceRow> list_services(Session& session) {
  return platform::select<ServiceRow>(session, "ORDER BY number");
}

std::optional<ServiceRow> find_service(Session& session, const std::string& host,
                                       const std::string& binary_name) {
  return platform::find<ServiceRow>(session, "WHERE host=? AND binary_name=?", {host, binary_name});
}

std::optional<ServiceRow> find_service_by_id(Session& session, const std::string& id) {
  if (const auto number = base::parse_integer(id))
    return platform::find<ServiceRow>(session, "WHERE number=?", {*number});
  return platform::find<ServiceRow>(session, "WHERE id=?", {id});
}

void update_service(Session& session, const ServiceRow& service) {
  platform::update(session, service);
  touch_host(session, service.host);
}

void delete_service(Session& session, const ServiceRow& service) {
  session.execute("DELETE FROM services WHERE id=?", {service.id});
  if (service.binary_name == "nova-compute")
    session.execute("DELETE FROM compute_nodes WHERE host=?", {service.host});
}

std::vector<HostRow> list_hosts(Session& session) {
  // By its index, which is in that order.
  return select_hosts(session, "WHERE c.generation>? ORDER BY c.generation, c.number", {0});
}

std::vector<HostState> list_host_states(Session& session, int64_t generation) {
  return select_states(session, "WHERE c.generation>? ORDER BY c.generation, c.number",
                       {generation});
}

std::optional<HostState> find_host_state(Session& session, const std::string& host) {
  auto states = select_states(session, "WHERE c.host=?", {host});
  if (states.empty()) return std::nullopt;
  return std::move(states.front());
}

std::optional<HostRow> find_host(Session& session, const std::string& host) {
  auto hosts = select_hosts(session, "WHERE c.host=?", {host});
  if (hosts.empty()) return std::nullopt;
  return std::move(hosts.front());
}

}  // namespace nova::store
