// Groups of volumes as rows: their volumes name them (VolumeRow::group_id). One that is deleted
// leaves none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct GroupRow {
  static constexpr std::string_view kTable = "volume_groups";
  std::string id;
  std::string project_id;
  std::string user_id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::string status;
  std::string group_type_id;
  std::string availability_zone;
  std::string pool;               // of all its volumes; empty: none was chosen
  std::string group_snapshot_id;  // that it was made from; empty: none
  std::string source_group_id;    // that it was made from; empty: none
  std::string operation_id;       // of the operation in progress
  // As of a volume, while a pool is looked for. Later operations are its volumes'.
  std::string task_owner;
  base::TimePoint task_deadline{};
  int64_t attempts = 0;
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(GroupRow, (),
                      (id, project_id, user_id, name, description, status, group_type_id,
                       availability_zone, pool, group_snapshot_id, source_group_id, operation_id,
                       task_owner, task_deadline, attempts, created_at, updated_at))

// A volume type that volumes of the group may have.
struct GroupVolumeTypeRow {
  static constexpr std::string_view kTable = "volume_group_types";
  std::string group_id;
  std::string volume_type_id;
};
BOOST_DESCRIBE_STRUCT(GroupVolumeTypeRow, (), (group_id, volume_type_id))

[[nodiscard]] std::optional<GroupRow> find_group(platform::Session& session, const std::string& id);
// Of transactions that change the group, or what belongs to it, one at a time goes on after it. To
// be called before any of that is read.
void touch_group(platform::Session& session, const std::string& id);
[[nodiscard]] std::vector<std::string> list_volume_types_of_group(platform::Session& session,
                                                                  const std::string& id);

// Group's id -> ids, of many groups.
using MembersOfGroups = std::map<std::string, std::vector<std::string>>;
[[nodiscard]] MembersOfGroups list_volume_types_of_groups(platform::Session& session,
                                                          const std::vector<GroupRow>& groups);
[[nodiscard]] MembersOfGroups list_volume_ids_of_groups(platform::Session& session,
                                                        const std::vector<GroupRow>& groups);

// Status -> how many volumes of the group have it.
[[nodiscard]] std::map<std::string, int64_t> count_volumes_by_status(platform::Session& session,
                                                                     const std::string& id);
[[nodiscard]] int64_t count_groups(platform::Session& session, const std::string& project_id);
[[nodiscard]] bool has_attached_volumes(platform::Session& session, const std::string& id);
// Whether there are snapshots of its volumes, of whatever kind.
[[nodiscard]] bool has_snapshots_of_volumes(platform::Session& session, const std::string& id);
// Whether a group may have volumes of that type.
[[nodiscard]] bool is_type_of_a_group(platform::Session& session,
                                      const std::string& volume_type_id);
[[nodiscard]] bool is_group_type_in_use(platform::Session& session,
                                        const std::string& group_type_id);
// Whether a group is being made from it.
[[nodiscard]] bool is_source_of_creation(platform::Session& session,
                                         const std::string& group_snapshot_id);
void delete_group(platform::Session& session, const std::string& id);

}  // namespace cinder::store
