#include "cinder/store/volume_migrations.hpp"

namespace cinder::store {

using platform::Session;

std::optional<MigrationRow> find_migration(Session& session, const std::string& volume_id,
                                           const std::string& operation_id) {
  return platform::find<MigrationRow>(session, "WHERE volume_id=? AND operation_id=?",
                                      {volume_id, operation_id});
}

std::vector<std::string> list_volume_ids_coming_to(Session& session, const std::string& pool) {
  std::vector<std::string> ids;
  session.query("SELECT volume_id FROM volume_migrations WHERE target_pool=?", {pool},
                [&](const platform::SqlRow& row) { ids.emplace_back(row.text(0)); });
  return ids;
}

bool is_coming_to(Session& session, const std::string& volume_id, const std::string& pool) {
  return platform::number(session,
                          "SELECT COUNT(*) FROM volume_migrations WHERE volume_id=? AND "
                          "target_pool=?",
                          {volume_id, pool}) > 0;
}

void delete_migration(Session& session, const std::string& volume_id) {
  session.execute("DELETE FROM volume_migrations WHERE volume_id=?", {volume_id});
}

}  // namespace cinder::store
