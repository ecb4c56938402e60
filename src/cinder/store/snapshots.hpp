// Snapshots as rows. One that is deleted leaves none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct SnapshotRow {
  static constexpr std::string_view kTable = "snapshots";
  std::string id;
  std::string volume_id;
  std::string project_id;
  std::string user_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  int64_t size_gib = 0;
  std::string status;
  std::string volume_type_id;
  std::string pool;             // its volume's
  std::string metadata = "{}";  // JSON
  std::string operation_id;     // as of a volume
  std::string task_owner;
  base::TimePoint task_deadline{};
  int64_t attempts = 0;
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
  std::string progress;           // "80%", as somebody has said; empty: nobody has
  std::string group_snapshot_id;  // that it is a part of; empty: none
};
BOOST_DESCRIBE_STRUCT(SnapshotRow, (),
                      (id, volume_id, project_id, user_id, name, description, size_gib, status,
                       volume_type_id, pool, metadata, operation_id, task_owner, task_deadline,
                       attempts, created_at, updated_at, progress, group_snapshot_id))

[[nodiscard]] std::optional<SnapshotRow> find_snapshot(platform::Session& session,
                                                       const std::string& id);
// None also if it is in another operation.
[[nodiscard]] std::optional<SnapshotRow> find_snapshot_in_operation(
    platform::Session& session, const std::string& id, const std::string& operation_id);
[[nodiscard]] std::vector<SnapshotRow> list_snapshots_of_volume(platform::Session& session,
                                                                const std::string& volume_id);
[[nodiscard]] std::vector<SnapshotRow> list_snapshots_of_group_snapshot(
    platform::Session& session, const std::string& group_snapshot_id);
// The one that the volume is being reverted to in that operation.
[[nodiscard]] std::optional<SnapshotRow> find_restored_snapshot(platform::Session& session,
                                                                const std::string& volume_id,
                                                                const std::string& operation_id);
// Those whose operation is this owner's.
[[nodiscard]] std::vector<SnapshotRow> list_snapshots_of_owner(platform::Session& session,
                                                               const std::string& owner);
// Ids of all snapshots of a pool.
[[nodiscard]] std::vector<std::string> list_snapshot_ids_in_pool(platform::Session& session,
                                                                 const std::string& pool);
// What of a snapshot says where it came from.
struct SnapshotOrigin {
  std::string id;
  std::string volume_id;
  int64_t size_gib = 0;
};
[[nodiscard]] std::vector<SnapshotOrigin> list_snapshot_origins_in_pool(platform::Session& session,
                                                                        const std::string& pool);
void delete_snapshot(platform::Session& session, const std::string& id);

}  // namespace cinder::store
