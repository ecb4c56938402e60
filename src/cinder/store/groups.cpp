#include "cinder/store/groups.hpp"

#include "platform/database/placeholders.hpp"

namespace cinder::store {
namespace {

using platform::Session;
using platform::SqlRow;

// Reads rows of (group's id, member's id).
MembersOfGroups list_members(Session& session, const std::vector<GroupRow>& groups,
                             std::string_view select, std::string_view order) {
  MembersOfGroups members;
  if (groups.empty()) return members;
  platform::SqlValues ids;
  for (const GroupRow& group : groups) ids.emplace_back(group.id);
  const std::string marks = platform::placeholders(ids);
  std::string sql(select);
  sql.append(" WHERE group_id IN (").append(marks).append(") ORDER BY ").append(order);
  session.query(sql, ids, [&](const SqlRow& row) {
    members[std::string(row.text(0))].emplace_back(row.text(1));
  });
  return members;
}

bool exists(Session& session, std::string_view sql, const std::string& value) {
  return platform::number(session, sql, {value}) > 0;
}

}  // namespace

std::optional<GroupRow> find_group(Session& session, const std::string& id) {
  return platform::find<GroupRow>(session, "WHERE id=?", {id});
}

void touch_group(Session& session, const std::string& id) {
  session.execute("UPDATE volume_groups SET changes=changes+1 WHERE id=?", {id});
}

std::vector<std::string> list_volume_types_of_group(Session& session, const std::string& id) {
  std::vector<std::string> types;
  session.query(
      "SELECT volume_type_id FROM volume_group_types WHERE group_id=? ORDER BY volume_type_id",
      {id}, [&](const SqlRow& row) { types.emplace_back(row.text(0)); });
  return types;
}

MembersOfGroups list_volume_types_of_groups(Session& session, const std::vector<GroupRow>& groups) {
  return list_members(session, groups, "SELECT group_id, volume_type_id FROM volume_group_types",
                      "group_id, volume_type_id");
}

MembersOfGroups list_volume_ids_of_groups(Session& session, const std::vector<GroupRow>& groups) {
  return list_members(session, groups, "SELECT group_id, id FROM volumes",
                      "group_id, created_at, id");
}

std::map<std::string, int64_t> count_volumes_by_status(Session& session, const std::string& id) {
  std::map<std::string, int64_t> counts;
  session.query("SELECT status, COUNT(*) FROM volumes WHERE group_id=? GROUP BY status", {id},
                [&](const SqlRow& row) { counts[std::string(row.text(0))] = row.integer(1); });
  return counts;
}

int64_t count_groups(Session& session, const std::string& project_id) {
  return platform::number(session, "SELECT COUNT(*) FROM volume_groups WHERE project_id=?",
                          {project_id});
}

bool has_attached_volumes(Session& session, const std::string& id) {
  return exists(session,
                "SELECT 1 FROM volumes v JOIN attachments a ON a.volume_id=v.id WHERE "
                "v.group_id=? LIMIT 1",
                id);
}

bool has_snapshots_of_volumes(Session& session, const std::string& id) {
  return exists(session,
                "SELECT 1 FROM volumes v JOIN snapshots s ON s.volume_id=v.id WHERE "
                "v.group_id=? LIMIT 1",
                id);
}

bool is_type_of_a_group(Session& session, const std::string& volume_type_id) {
  return exists(session, "SELECT 1 FROM volume_group_types WHERE volume_type_id=? LIMIT 1",
                volume_type_id);
}

bool is_group_type_in_use(Session& session, const std::string& group_type_id) {
  return exists(session, "SELECT 1 FROM volume_groups WHERE group_type_id=? LIMIT 1",
                group_type_id);
}

bool is_source_of_creation(Session& session, const std::string& group_snapshot_id) {
  return exists(session,
                "SELECT 1 FROM volume_groups WHERE group_snapshot_id=? AND status='creating' "
                "LIMIT 1",
                group_snapshot_id);
}

void delete_group(Session& session, const std::string& id) {
  session.execute("DELETE FROM volume_groups WHERE id=?", {id});
  session.execute("DELETE FROM volume_group_types WHERE group_id=?", {id});
  session.execute("DELETE FROM scheduling_decisions WHERE volume_id=?", {id});
}

}  // namespace cinder::store
