// Claims of servers on hosts. What a host has used is always the sum of these rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace nova::store {

struct AllocationRow {
  static constexpr std::string_view kTable = "allocations";
  std::string instance_id;
  std::string host;
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;
};
BOOST_DESCRIBE_STRUCT(AllocationRow, (), (instance_id, host, vcpus, memory_mib, disk_gib))

// Resources of a host: those it has, those that are used, or those it may give away in all.
struct Capacity {
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;
};

// What a claim on a host must know of it.
struct Room {
  Capacity resources;  // before the allocation ratios
  Capacity used;       // by the claims on it
  std::string hypervisor_hostname;
  std::string zone;  // empty: the default zone
  bool enabled = true;
};
// Null: there is no such host. Since the sums and the insert of a claim are one write transaction,
// claims can not overcommit. Call touch_host() before.
[[nodiscard]] std::optional<Room> find_room(platform::Session& session, const std::string& host);
// Gives the claim back; none: nothing.
void release(platform::Session& session, const std::string& instance_id);

// Makes schedulers read the host again. Of transactions that do so, one at a time goes on: done at
// the beginning, it spares those that change the same host from being run again.
void touch_host(platform::Session& session, const std::string& host);

struct DecisionRow {
  static constexpr std::string_view kTable = "scheduling_decisions";
  std::string id;
  std::string instance_id;
  std::string operation_id;
  std::string host;      // empty: none was found
  std::string decision;  // JSON: scheduler::Decision
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(DecisionRow, (), (id, instance_id, operation_id, host, decision, created_at))

// Oldest first.
[[nodiscard]] std::vector<DecisionRow> list_decisions(platform::Session& session,
                                                      const std::string& instance_id);

}  // namespace nova::store
