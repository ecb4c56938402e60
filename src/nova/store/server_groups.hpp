// Server groups: servers that should be together or apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace nova::store {

struct ServerGroupRow {
  static constexpr std::string_view kTable = "server_groups";
  std::string id;
  std::string project_id;
  std::string user_id;
  std::string name;
  std::string policy;        // "affinity", "anti-affinity", "soft-..."
  std::string rules = "{}";  // JSON: {"max_server_per_host": n}
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(ServerGroupRow, (),
                      (id, project_id, user_id, name, policy, rules, created_at))

[[nodiscard]] std::optional<ServerGroupRow> find_server_group(platform::Session& session,
                                                              const std::string& id);
// Oldest first; an empty project means all.
[[nodiscard]] std::vector<ServerGroupRow> list_server_groups(platform::Session& session,
                                                             const std::string& project_id,
                                                             int64_t limit, int64_t offset);
[[nodiscard]] int64_t count_server_groups(platform::Session& session,
                                          const std::string& project_id);
void delete_server_group(platform::Session& session, const std::string& id);

struct GroupMember {
  std::string instance_id;
  std::string user_id;
  std::string host;  // empty: not placed
};
// Servers of the group that are not deleted.
[[nodiscard]] std::vector<GroupMember> list_group_members(platform::Session& session,
                                                          const std::string& group_id);

}  // namespace nova::store
