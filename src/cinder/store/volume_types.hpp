// Volume types, and which projects may use the private ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct VolumeTypeRow {
  static constexpr std::string_view kTable = "volume_types";
  std::string id;
  std::string name;
  std::optional<std::string> description;
  bool is_public = true;
  std::string extra_specs = "{}";  // JSON
  std::string qos_specs_id;        // empty: none
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(VolumeTypeRow, (),
                      (id, name, description, is_public, extra_specs, qos_specs_id, created_at,
                       updated_at))

// By id or name.
[[nodiscard]] std::optional<VolumeTypeRow> find_volume_type(platform::Session& session,
                                                            const std::string& id_or_name);
// Id -> name, of all.
[[nodiscard]] std::map<std::string, std::string> volume_type_names(platform::Session& session);

[[nodiscard]] bool has_access(platform::Session& session, const std::string& volume_type_id,
                              const std::string& project_id);
[[nodiscard]] std::vector<std::string> list_projects_of_type(platform::Session& session,
                                                             const std::string& volume_type_id);
// Throws Error(conflict) if the project has it already.
void add_access(platform::Session& session, const std::string& volume_type_id,
                const std::string& project_id);
// False: it had none.
bool remove_access(platform::Session& session, const std::string& volume_type_id,
                   const std::string& project_id);
void delete_volume_type(platform::Session& session, const std::string& id);

}  // namespace cinder::store
