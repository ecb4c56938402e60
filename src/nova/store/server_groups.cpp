#include "nova/store/server_groups.hpp"

namespace nova::store {

using platform::Session;

std::optional<ServerGroupRow> find_server_group(Session& session, const std::string& id) {
  return platform::find<ServerGroupRow>(session, "WHERE id=?", {id});
}

std::vector<ServerGroupRow> list_server_groups(Session& session, const std::string& project_id,
                                               int64_t limit, int64_t offset) {
  if (project_id.empty())
    return platform::select<ServerGroupRow>(session, "ORDER BY created_at, id LIMIT ? OFFSET ?",
                                            {limit, offset});
  return platform::select<ServerGroupRow>(
      session, "WHERE project_id=? ORDER BY created_at, id LIMIT ? OFFSET ?",
      {project_id, limit, offset});
}

int64_t count_server_groups(Session& session, const std::string& project_id) {
  return platform::number(session, "SELECT COUNT(*) FROM server_groups WHERE project_id=?",
                          {project_id});
}

void delete_server_group(Session& session, const std::string& id) {
  session.execute("UPDATE instances SET server_group_id='' WHERE server_group_id=?", {id});
  session.execute("DELETE FROM server_groups WHERE id=?", {id});
}

std::vector<GroupMember> list_group_members(Session& session, const std::string& group_id) {
  std::vector<GroupMember> members;
  session.query(
      "SELECT id, user_id, host FROM instances WHERE server_group_id=? AND deleted=0 "
      "ORDER BY created_at, id",
      {group_id}, [&](const platform::SqlRow& row) {
        members.push_back(
            {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2))});
      });
  return members;
}

}  // namespace nova::store
