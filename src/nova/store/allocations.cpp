#include "nova/store/allocations.hpp"

#include "nova/store/counters.hpp"

namespace nova::store {

using platform::Session;

std::optional<Room> find_room(Session& session, const std::string& host) {
  std::optional<Room> room;
  session.query(
      "SELECT c.vcpus, c.memory_mib, c.disk_gib, c.hypervisor_hostname, (SELECT "
      "MIN(g.availability_zone) FROM aggregate_hosts h JOIN aggregates g ON g.id=h.aggregate_id "
      "WHERE h.host=c.host AND g.availability_zone<>''), SUM(a.vcpus), SUM(a.memory_mib), "
      "SUM(a.disk_gib), MAX(s.disabled+s.forced_down) FROM compute_nodes c "
      "JOIN services s ON s.host=c.host AND s.binary_name='nova-compute' "
      "LEFT JOIN allocations a ON a.host=c.host WHERE c.host=? GROUP BY c.host",
      {host}, [&](const platform::SqlRow& row) {
        room = {{row.integer(0), row.integer(1), row.integer(2)},
                {row.integer(5), row.integer(6), row.integer(7)},
                std::string(row.text(3)),
                row.is_null(4) ? "" : std::string(row.text(4)),
                row.integer(8) == 0};
      });
  return room;
}

void release(Session& session, const std::string& instance_id) {
  const auto row = platform::find<AllocationRow>(session, "WHERE instance_id=?", {instance_id});
  if (!row) return;
  touch_host(session, row->host);
  session.execute("DELETE FROM allocations WHERE instance_id=?", {instance_id});
}

void touch_host(Session& session, const std::string& host) {
  session.execute("UPDATE counters SET value=value+1 WHERE name=?", {kHostGenerations});
  session.execute(
      "UPDATE compute_nodes SET generation=(SELECT value FROM counters WHERE name=?) WHERE host=?",
      {kHostGenerations, host});
}

std::vector<DecisionRow> list_decisions(Session& session, const std::string& instance_id) {
  return platform::select<DecisionRow>(session, "WHERE instance_id=? ORDER BY created_at, id",
                                       {instance_id});
}

}  // namespace nova::store
