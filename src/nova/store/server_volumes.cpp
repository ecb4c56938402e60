#include "nova/store/server_volumes.hpp"

#include <algorithm>

namespace nova::store {

using platform::Session;

std::vector<ServerVolumeRow> list_server_volumes(Session& session, const std::string& server_id) {
  return platform::select<ServerVolumeRow>(session, "WHERE server_id=? ORDER BY created_at, id",
                                           {server_id});
}

std::optional<ServerVolumeRow> find_server_volume(Session& session, const std::string& server_id,
                                                  const std::string& volume_id) {
  return platform::find<ServerVolumeRow>(session, "WHERE server_id=? AND volume_id=?",
                                         {server_id, volume_id});
}

std::optional<ServerVolumeRow> find_server_volume_in_operation(Session& session,
                                                               const std::string& id,
                                                               const std::string& operation_id) {
  if (operation_id.empty()) return std::nullopt;
  return platform::find<ServerVolumeRow>(session, "WHERE id=? AND operation_id=?",
                                         {id, operation_id});
}

std::vector<ServerVolumeRow> list_overdue_server_volumes(Session& session, base::TimePoint now,
                                                         int64_t limit) {
  return platform::select<ServerVolumeRow>(
      session, "WHERE task_deadline>0 AND task_deadline<? ORDER BY task_deadline LIMIT ?",
      {now, limit});
}

void delete_server_volume(Session& session, const std::string& id) {
  session.execute("DELETE FROM server_volumes WHERE id=?", {id});
}

void settle_server_volume(Session& session, const std::string& id) {
  session.execute(
      "UPDATE server_volumes SET state='', operation_id='', task_deadline=0, attempts=0, "
      "new_volume_id='' WHERE id=?",
      {id});
}

bool is_settled(Session& session, const std::string& server_id, const std::string& id) {
  const auto volume =
      platform::find<ServerVolumeRow>(session, "WHERE id=? AND server_id=?", {id, server_id});
  return volume && volume->operation_id.empty();
}

void exchange_server_volume(Session& session, const ServerVolumeRow& volume) {
  session.execute("UPDATE server_volumes SET volume_id=? WHERE id=?",
                  {volume.new_volume_id, volume.id});
  settle_server_volume(session, volume.id);
}

bool has_server_volume(Session& session, const std::string& server_id,
                       const std::string& volume_id) {
  const auto volumes = list_server_volumes(session, server_id);
  return std::any_of(volumes.begin(), volumes.end(), [&](const ServerVolumeRow& each) {
    return each.volume_id == volume_id || each.new_volume_id == volume_id;
  });
}

std::string to_text(const std::vector<ServerVolumeRow>& volumes) {
  std::vector<ServerVolume> shown;
  for (const ServerVolumeRow& row : volumes)
    shown.push_back({row.id, row.volume_id, row.device_name, row.boot_index,
                     row.delete_on_termination, row.tag, row.state, row.operation_id,
                     row.new_volume_id});
  return base::to_text(base::to_json(shown));
}

void follow_server_volumes(Session& session, const std::string& server_id) {
  session.execute("UPDATE instances SET volumes=? WHERE id=?",
                  {to_text(list_server_volumes(session, server_id)), server_id});
}

}  // namespace nova::store
