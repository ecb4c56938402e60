// Volumes on their way to another pool. What a migration claims there counts as the pool's while
// the row is there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct MigrationRow {
  static constexpr std::string_view kTable = "volume_migrations";
  std::string volume_id;
  std::string operation_id;  // the volume's
  std::string target_pool;
  std::string volume_type_id;  // that it has there
  int64_t size_gib = 0;
};
BOOST_DESCRIBE_STRUCT(MigrationRow, (),
                      (volume_id, operation_id, target_pool, volume_type_id, size_gib))

// None also if it is of another operation.
[[nodiscard]] std::optional<MigrationRow> find_migration(platform::Session& session,
                                                         const std::string& volume_id,
                                                         const std::string& operation_id);
// Ids of the volumes that come to a pool.
[[nodiscard]] std::vector<std::string> list_volume_ids_coming_to(platform::Session& session,
                                                                 const std::string& pool);
[[nodiscard]] bool is_coming_to(platform::Session& session, const std::string& volume_id,
                                const std::string& pool);
void delete_migration(platform::Session& session, const std::string& volume_id);

}  // namespace cinder::store
