#include "nova/store/server_counts.hpp"

namespace nova::store {

ServerCounts count_servers(platform::Session& session, base::TimePoint now) {
  ServerCounts counts;
  session.query("SELECT vm_state, COUNT(*) FROM instances WHERE deleted=0 GROUP BY vm_state", {},
                [&](const platform::SqlRow& row) {
                  counts.by_state[std::string(row.text(0))] = row.integer(1);
                });
  counts.in_progress = platform::number(
      session, "SELECT COUNT(*) FROM instances WHERE deleted=0 AND operation_id<>''", {});
  counts.overdue = platform::number(
      session, "SELECT COUNT(*) FROM instances WHERE task_deadline>0 AND task_deadline<?", {now});
  return counts;
}

}  // namespace nova::store
