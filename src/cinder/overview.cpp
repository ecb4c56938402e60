#include "cinder/overview.hpp"

#include <fmt/core.h>

#include "cinder/store/pools.hpp"
#include "cinder/store/services.hpp"

namespace cinder {
namespace {

using platform::Session;
using platform::SqlRow;

openstack::RoleState state_of(const store::ServiceRow& service, base::TimePoint alive_after) {
  openstack::RoleState state;
  state.role = service.binary_name;
  state.host = service.host;
  state.up = service.last_seen_at >= alive_after;
  state.enabled = !service.disabled;
  state.remark = service.disabled_reason.value_or("");
  state.reported = service.last_seen_at;
  return state;
}

PoolOverview overview_of(const store::PoolState& state, base::TimePoint alive_after) {
  return {state.pool.name,         state.service.last_seen_at >= alive_after,
          !state.service.disabled, state.pool.total_gib,
          state.pool.free_gib,     state.claimed_gib};
}

// Of a table whose rows may be in an operation.
void count_operations(Session& session, std::string_view table, base::TimePoint now,
                      Overview& overview) {
  session.query(fmt::format("SELECT COUNT(*), SUM(CASE WHEN task_deadline<? THEN 1 ELSE 0 END) "
                            "FROM {} WHERE task_deadline>0",
                            table),
                {now}, [&](const SqlRow& row) {
                  overview.operations += row.integer(0);
                  overview.overdue += row.integer(1);
                });
}

}  // namespace

Overview read_overview(platform::Database& database, const platform::Config& config,
                       base::TimePoint now) {
  const base::TimePoint alive_after =
      now - std::chrono::seconds{config.integer("DEFAULT", "service_down_time")};
  return database.read([&](Session& session) {
    Overview overview;
    for (const store::ServiceRow& service : store::list_services(session))
      overview.roles.push_back(state_of(service, alive_after));
    for (const store::PoolState& pool : store::list_pools(session))
      overview.pools.push_back(overview_of(pool, alive_after));
    session.query(
        "SELECT status, COUNT(*) FROM volumes GROUP BY status", {},
        [&](const SqlRow& row) { overview.volumes[std::string(row.text(0))] = row.integer(1); });
    count_operations(session, "volumes", now, overview);
    count_operations(session, "snapshots", now, overview);
    count_operations(session, "volume_groups", now, overview);
    return overview;
  });
}

std::vector<ServerAttachment> list_server_attachments(platform::Database& database) {
  return database.read([](Session& session) {
    std::vector<ServerAttachment> attachments;
    session.query("SELECT id, volume_id, server_id, status FROM attachments WHERE server_id<>''",
                  {}, [&](const SqlRow& row) {
                    attachments.push_back({std::string(row.text(0)), std::string(row.text(1)),
                                           std::string(row.text(2)), row.text(3) == "detaching"});
                  });
    return attachments;
  });
}

}  // namespace cinder
