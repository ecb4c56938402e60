// Storage pools and what is claimed of them. What a pool has promised is always the sum of the rows
// of its volumes and snapshots.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cinder/store/services.hpp"
#include "platform/database/rows.hpp"

namespace cinder::store {

struct PoolRow {
  static constexpr std::string_view kTable = "pools";
  std::string name;  // "host@backend#pool"
  std::string host;  // "host@backend": its service's
  std::string backend_name;
  int64_t total_gib = 0;
  int64_t free_gib = 0;
  bool thin = false;                        // what is not written takes no room
  int64_t over_subscription_percent = 100;  // that may be promised of it, if thin
  int64_t reserved_percentage = 0;          // that nobody gets
  std::string capabilities = "{}";          // JSON: text -> text
  int64_t claims = 0;                       // counts changes of what is claimed
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(PoolRow, (),
                      (name, host, backend_name, total_gib, free_gib, thin,
                       over_subscription_percent, reserved_percentage, capabilities, claims,
                       updated_at))

// A pool with its service and what is promised of it.
struct PoolState {
  PoolRow pool;
  ServiceRow service;
  int64_t claimed_gib = 0;
};

// What a back end says of its pool; makes it known the first time.
void report_pool(platform::Session& session, const PoolRow& report);

[[nodiscard]] std::vector<PoolState> list_pools(platform::Session& session);
[[nodiscard]] std::optional<PoolState> find_pool(platform::Session& session,
                                                 const std::string& name);
// Of transactions that claim from the same pool, one at a time goes on after it. To be called
// before the pool is read.
void touch_pool(platform::Session& session, const std::string& name);

struct DecisionRow {
  static constexpr std::string_view kTable = "scheduling_decisions";
  std::string id;
  std::string volume_id;  // or a group's
  std::string operation_id;
  std::string pool;      // empty: none was found
  std::string decision;  // JSON: openstack::Decision
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(DecisionRow, (), (id, volume_id, operation_id, pool, decision, created_at))

// Oldest first.
[[nodiscard]] std::vector<DecisionRow> list_decisions(platform::Session& session,
                                                      const std::string& volume_id);

}  // namespace cinder::store
