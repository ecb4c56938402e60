#include "cinder/store/volumes.hpp"

#include "cinder/store/managed_sources.hpp"
#include "cinder/store/reimages.hpp"
#include "cinder/store/volume_migrations.hpp"

namespace cinder::store {

using platform::Session;

std::optional<VolumeRow> find_volume(Session& session, const std::string& id) {
  return platform::find<VolumeRow>(session, "WHERE id=?", {id});
}

std::optional<VolumeRow> find_volume_in_operation(Session& session, const std::string& id,
                                                  const std::string& operation_id) {
  if (operation_id.empty()) return std::nullopt;
  return platform::find<VolumeRow>(session, "WHERE id=? AND operation_id=?", {id, operation_id});
}

std::vector<VolumeRow> list_volumes_of_owner(Session& session, const std::string& owner) {
  return platform::select<VolumeRow>(session, "WHERE task_owner=? AND task_deadline>0", {owner});
}

std::vector<VolumeRow> list_volumes_of_group(Session& session, const std::string& group_id) {
  return platform::select<VolumeRow>(session, "WHERE group_id=? ORDER BY created_at, id",
                                     {group_id});
}

std::vector<std::string> list_volume_ids_in_pool(Session& session, const std::string& pool) {
  std::vector<std::string> ids;
  session.query("SELECT id FROM volumes WHERE pool=?", {pool},
                [&](const platform::SqlRow& row) { ids.emplace_back(row.text(0)); });
  return ids;
}

std::map<std::string, int64_t> volume_sizes_in_pool(Session& session, const std::string& pool) {
  std::map<std::string, int64_t> sizes;
  session.query("SELECT id, size_gib FROM volumes WHERE pool=?", {pool},
                [&](const platform::SqlRow& row) {
                  sizes.emplace(std::string(row.text(0)), row.integer(1));
                });
  return sizes;
}

bool is_type_in_use(Session& session, const std::string& volume_type_id) {
  return platform::number(session, "SELECT 1 FROM volumes WHERE volume_type_id=? LIMIT 1",
                          {volume_type_id}) > 0;
}

void delete_volume(Session& session, const std::string& id) {
  session.execute("DELETE FROM volumes WHERE id=?", {id});
  session.execute("DELETE FROM scheduling_decisions WHERE volume_id=?", {id});
  session.execute("DELETE FROM volume_transfers WHERE volume_id=?", {id});
  delete_migration(session, id);
  delete_reimage(session, id);
  delete_managed_source(session, id);
}

}  // namespace cinder::store
