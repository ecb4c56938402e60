#include "nova/store/server_images.hpp"

namespace nova::store {

using platform::Session;

std::optional<ServerImage> find_server_image(Session& session, const std::string& operation_id) {
  const auto row = platform::find<ServerImageRow>(session, "WHERE operation_id=?", {operation_id});
  if (!row) return std::nullopt;
  return ServerImage{row->image_id, row->backup_type, row->rotation};
}

std::vector<ServerImageRow> list_abandoned_images(Session& session, base::TimePoint before) {
  constexpr int64_t kBatch = 100;
  return platform::select<ServerImageRow>(
      session,
      "WHERE created_at<? AND NOT EXISTS (SELECT 1 FROM instances i WHERE i.id=server_id AND "
      "i.operation_id=server_images.operation_id) ORDER BY created_at LIMIT ?",
      {before, kBatch});
}

void note_in_glance(Session& session, const std::string& operation_id) {
  session.execute("UPDATE server_images SET in_glance=? WHERE operation_id=?",
                  {true, operation_id});
}

void delete_server_image(Session& session, const std::string& operation_id) {
  session.execute("DELETE FROM server_images WHERE operation_id=?", {operation_id});
}

void settle_server_image(Session& session, const std::string& operation_id) {
  session.execute("DELETE FROM server_images WHERE operation_id=? AND in_glance=?",
                  {operation_id, true});
}

}  // namespace nova::store
