// Snapshots of groups as rows: the snapshots of their volumes name them
// (SnapshotRow::group_snapshot_id). One that is deleted leaves none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct GroupSnapshotRow {
  static constexpr std::string_view kTable = "group_snapshots";
  std::string id;
  std::string group_id;
  std::string group_type_id;  // the group's
  std::string project_id;
  std::string user_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string status;
  std::string operation_id;  // of the operation in progress, which is its snapshots'
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(GroupSnapshotRow, (),
                      (id, group_id, group_type_id, project_id, user_id, name, description, status,
                       operation_id, created_at, updated_at))

[[nodiscard]] std::optional<GroupSnapshotRow> find_group_snapshot(platform::Session& session,
                                                                  const std::string& id);
// As touch_group().
void touch_group_snapshot(platform::Session& session, const std::string& id);
// Status -> how many snapshots of it have that.
[[nodiscard]] std::map<std::string, int64_t> count_snapshots_by_status(platform::Session& session,
                                                                       const std::string& id);
[[nodiscard]] bool has_group_snapshots(platform::Session& session, const std::string& group_id);
void delete_group_snapshot(platform::Session& session, const std::string& id);

}  // namespace cinder::store
