// Types of groups of volumes: what a back end has to be able to do with a whole group.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct GroupTypeRow {
  static constexpr std::string_view kTable = "group_types";
  std::string id;
  std::string name;
  std::optional<std::string> description;
  bool is_public = true;
  std::string group_specs = "{}";  // JSON: text -> text
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(GroupTypeRow, (),
                      (id, name, description, is_public, group_specs, created_at, updated_at))

[[nodiscard]] std::optional<GroupTypeRow> find_group_type(platform::Session& session,
                                                          const std::string& id);
[[nodiscard]] std::optional<GroupTypeRow> find_group_type_of_name(platform::Session& session,
                                                                  const std::string& name);
void delete_group_type(platform::Session& session, const std::string& id);

}  // namespace cinder::store
