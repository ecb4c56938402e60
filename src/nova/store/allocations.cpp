#include "nova/store/allocations.hpp"

#include "nova/store/counters.hpp"

namespace nova::store {

using platform::Session;

bool claim(Session& session, const AllocationRow& wanted, const Capacity& capacity) {
  Capacity used;
  session.query("SELECT SUM(vcpus), SUM(memory_mib), SUM(disk_gib) FROM allocations WHERE host=?",
                {wanted.host}, [&](const platform::SqlRow& row) {
                  if (row.is_null(0)) return;
                  used = {row.integer(0), row.integer(1), row.integer(2)};
                });
  const bool fits = used.vcpus + wanted.vcpus <= capacity.vcpus &&
                    used.memory_mib + wanted.memory_mib <= capacity.memory_mib &&
                    used.disk_gib + wanted.disk_gib <= capacity.disk_gib;
  if (!fits) return false;
  platform::insert(session, wanted);
  return true;
}

void release(Session& session, const std::string& instance_id) {
  const auto row = platform::find<AllocationRow>(session, "WHERE instance_id=?", {instance_id});
  if (!row) return;
  touch_host(session, row->host);
  session.execute("DELETE FROM allocations WHERE instance_id=?", {instance_id});
}

void touch_host(Session& session, const std::string& host) {
  session.execute("UPDATE compute_nodes SET generation=? WHERE host=?",
                  {take_numbers(session, std::string(kHostGenerations)), host});
}

std::vector<DecisionRow> list_decisions(Session& session, const std::string& instance_id) {
  return platform::select<DecisionRow>(session, "WHERE instance_id=? ORDER BY created_at, id",
                                       {instance_id});
}

}  // namespace nova::store
