#include "cinder/store/group_snapshots.hpp"

namespace cinder::store {

using platform::Session;

std::optional<GroupSnapshotRow> find_group_snapshot(Session& session, const std::string& id) {
  return platform::find<GroupSnapshotRow>(session, "WHERE id=?", {id});
}

void touch_group_snapshot(Session& session, const std::string& id) {
  session.execute("UPDATE group_snapshots SET changes=changes+1 WHERE id=?", {id});
}

std::map<std::string, int64_t> count_snapshots_by_status(Session& session, const std::string& id) {
  std::map<std::string, int64_t> counts;
  session.query(
      "SELECT status, COUNT(*) FROM snapshots WHERE group_snapshot_id=? GROUP BY status", {id},
      [&](const platform::SqlRow& row) { counts[std::string(row.text(0))] = row.integer(1); });
  return counts;
}

bool has_group_snapshots(Session& session, const std::string& group_id) {
  return platform::number(session, "SELECT 1 FROM group_snapshots WHERE group_id=? LIMIT 1",
                          {group_id}) > 0;
}

void delete_group_snapshot(Session& session, const std::string& id) {
  session.execute("DELETE FROM group_snapshots WHERE id=?", {id});
}

}  // namespace cinder::store
