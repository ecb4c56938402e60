// Host aggregates; one with an availability zone makes its hosts that zone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace nova::store {

struct AggregateRow {
  static constexpr std::string_view kTable = "aggregates";
  int64_t id = 0;
  std::string uuid;
  std::string name;
  std::string availability_zone;  // empty: none
  std::string metadata = "{}";    // JSON, without the zone
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(AggregateRow, (),
                      (id, uuid, name, availability_zone, metadata, created_at, updated_at))

[[nodiscard]] std::vector<AggregateRow> list_aggregates(platform::Session& session);
[[nodiscard]] std::optional<AggregateRow> find_aggregate(platform::Session& session, int64_t id);
// Sets row.id. Throws Error(conflict) with detail "unique" if the name is taken.
void create_aggregate(platform::Session& session, AggregateRow& row);
// Writes it; schedulers see the zone of its hosts anew.
void update_aggregate(platform::Session& session, const AggregateRow& row);
void delete_aggregate(platform::Session& session, int64_t id);

[[nodiscard]] std::vector<std::string> list_aggregate_hosts(platform::Session& session, int64_t id);
void add_aggregate_host(platform::Session& session, int64_t id, const std::string& host);
// Whether it was one of its hosts.
bool remove_aggregate_host(platform::Session& session, int64_t id, const std::string& host);
// The zone that aggregates give the host; empty: none.
[[nodiscard]] std::string zone_of_host(platform::Session& session, const std::string& host);

}  // namespace nova::store
