// Compute hosts, what they have and used, and the services that report.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nova/messages.hpp"
#include "nova/store/allocations.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

inline constexpr std::string_view kDefaultZone = "nova";
inline constexpr std::string_view kInternalZone = "internal";

struct ComputeNodeRow {
  static constexpr std::string_view kTable = "compute_nodes";
  std::string id;
  int64_t number = 0;  // the id before microversion 2.53
  std::string host;
  std::string hypervisor_hostname;
  std::string hypervisor_type;
  int64_t hypervisor_version = 0;
  std::string host_ip;
  std::string cpu_info;  // JSON
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;
  int64_t free_disk_gib = 0;
  int64_t running_guests = 0;
  std::string virt_type;
  int64_t generation = 0;  // grows with every change that schedulers must see
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  bool operator==(const ComputeNodeRow&) const = default;
};
BOOST_DESCRIBE_STRUCT(ComputeNodeRow, (),
                      (id, number, host, hypervisor_hostname, hypervisor_type, hypervisor_version,
                       host_ip, cpu_info, vcpus, memory_mib, disk_gib, free_disk_gib,
                       running_guests, virt_type, generation, created_at, updated_at))

struct ServiceRow {
  static constexpr std::string_view kTable = "services";
  std::string id;
  int64_t number = 0;  // the id before microversion 2.53
  std::string host;
  std::string binary_name;  // "nova-compute"
  bool disabled = false;
  std::optional<std::string> disabled_reason;
  bool forced_down = false;
  base::TimePoint last_seen_at{};
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(ServiceRow, (),
                      (id, number, host, binary_name, disabled, disabled_reason, forced_down,
                       last_seen_at, created_at))

// A compute node with its service and the sums of the claims on it.
struct HostRow {
  ComputeNodeRow node;
  ServiceRow service;
  int64_t vcpus_used = 0;
  int64_t memory_mib_used = 0;
  int64_t disk_gib_used = 0;
  int64_t servers = 0;      // claims
  int64_t in_progress = 0;  // servers in an operation
  std::string zone;         // empty: the default zone
};

// A heartbeat of any role; makes the service known the first time.
struct Heartbeat {
  std::string new_id;  // used if the service is new
  std::string host;
  std::string binary_name;
};
void beat(platform::Session& session, const Heartbeat& heartbeat, base::TimePoint now);
// A compute host's report: its heartbeat and what it has. With a problem its service is disabled
// until it reports without one.
struct HostReport {
  ReportHost report;
  std::string new_id;  // used if the host is new
  std::string new_service_id;
};
// Schedulers see it.
void report_host(platform::Session& session, const HostReport& report, base::TimePoint now);
// Of different hosts. Those that say nothing new are signs of life only, written with a few
// statements for all: schedulers look for these by list_signs_of_life().
void report_hosts(platform::Session& session, const std::vector<HostReport>& reports,
                  base::TimePoint now);

struct SignOfLife {
  std::string host;
  base::TimePoint last_seen_at{};
};
// Of all compute hosts.
[[nodiscard]] std::vector<SignOfLife> list_signs_of_life(platform::Session& session);

[[nodiscard]] std::vector<ServiceRow> list_services(platform::Session& session);
[[nodiscard]] std::optional<ServiceRow> find_service(platform::Session& session,
                                                     const std::string& host,
                                                     const std::string& binary_name);
// By number (before 2.53) or id.
[[nodiscard]] std::optional<ServiceRow> find_service_by_id(platform::Session& session,
                                                           const std::string& id);
// Writes it; schedulers see it.
void update_service(platform::Session& session, const ServiceRow& service);
void delete_service(platform::Session& session, const ServiceRow& service);

[[nodiscard]] std::vector<HostRow> list_hosts(platform::Session& session);
[[nodiscard]] std::optional<HostRow> find_host(platform::Session& session, const std::string& host);

// What a scheduler sees of a host.
struct HostState {
  std::string host;
  int64_t generation = 0;
  std::string hypervisor_type;
  Capacity resources;  // before the allocation ratios
  Capacity used;       // by the claims on it
  base::TimePoint last_seen_at{};
  bool enabled = true;
  int64_t in_progress = 0;  // servers in an operation
  std::string zone;         // empty: the default zone
};
// Hosts whose generation is above `generation`, by generation; 0 for all.
[[nodiscard]] std::vector<HostState> list_host_states(platform::Session& session,
                                                      int64_t generation);
[[nodiscard]] std::optional<HostState> find_host_state(platform::Session& session,
                                                       const std::string& host);

}  // namespace nova::store
