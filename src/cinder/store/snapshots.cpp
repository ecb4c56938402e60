#include "cinder/store/snapshots.hpp"

namespace cinder::store {

using platform::Session;

std::optional<SnapshotRow> find_snapshot(Session& session, const std::string& id) {
  return platform::find<SnapshotRow>(session, "WHERE id=?", {id});
}

std::optional<SnapshotRow> find_snapshot_in_operation(Session& session, const std::string& id,
                                                      const std::string& operation_id) {
  if (operation_id.empty()) return std::nullopt;
  return platform::find<SnapshotRow>(session, "WHERE id=? AND operation_id=?", {id, operation_id});
}

std::vector<SnapshotRow> list_snapshots_of_volume(Session& session, const std::string& volume_id) {
  return platform::select<SnapshotRow>(session, "WHERE volume_id=?", {volume_id});
}

std::vector<SnapshotRow> list_snapshots_of_owner(Session& session, const std::string& owner) {
  return platform::select<SnapshotRow>(session, "WHERE task_owner=? AND task_deadline>0", {owner});
}

std::vector<std::string> list_snapshot_ids_in_pool(Session& session, const std::string& pool) {
  std::vector<std::string> ids;
  session.query("SELECT id FROM snapshots WHERE pool=?", {pool},
                [&](const platform::SqlRow& row) { ids.emplace_back(row.text(0)); });
  return ids;
}

void delete_snapshot(Session& session, const std::string& id) {
  session.execute("DELETE FROM snapshots WHERE id=?", {id});
}

}  // namespace cinder::store
