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

std::vector<SnapshotRow> list_snapshots_of_group_snapshot(Session& session,
                                                          const std::string& group_snapshot_id) {
  return platform::select<SnapshotRow>(session, "WHERE group_snapshot_id=? ORDER BY created_at, id",
                                       {group_snapshot_id});
}

std::optional<SnapshotRow> find_restored_snapshot(Session& session, const std::string& volume_id,
                                                  const std::string& operation_id) {
  return platform::find<SnapshotRow>(session,
                                     "WHERE volume_id=? AND operation_id=? AND status='restoring'",
                                     {volume_id, operation_id});
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

std::vector<SnapshotOrigin> list_snapshot_origins_in_pool(Session& session,
                                                          const std::string& pool) {
  std::vector<SnapshotOrigin> origins;
  session.query(
      "SELECT id, volume_id, size_gib FROM snapshots WHERE pool=?", {pool},
      [&](const platform::SqlRow& row) {
        origins.push_back({std::string(row.text(0)), std::string(row.text(1)), row.integer(2)});
      });
  return origins;
}

void delete_snapshot(Session& session, const std::string& id) {
  session.execute("DELETE FROM snapshots WHERE id=?", {id});
}

}  // namespace cinder::store
