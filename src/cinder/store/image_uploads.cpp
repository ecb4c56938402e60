#include "cinder/store/image_uploads.hpp"

namespace cinder::store {

using platform::Session;

std::optional<ImageUploadRow> find_image_upload(Session& session, const std::string& operation_id) {
  return platform::find<ImageUploadRow>(session, "WHERE operation_id=?", {operation_id});
}

std::vector<ImageUploadRow> list_abandoned_uploads(Session& session, base::TimePoint until) {
  constexpr int64_t kBatch = 100;
  return platform::select<ImageUploadRow>(
      session,
      "WHERE created_at<? AND NOT EXISTS (SELECT 1 FROM volumes v WHERE v.id=volume_id AND "
      "v.operation_id=image_uploads.operation_id) ORDER BY created_at LIMIT ?",
      {until, kBatch});
}

void delete_image_upload(Session& session, const std::string& image_id) {
  session.execute("DELETE FROM image_uploads WHERE image_id=?", {image_id});
}

}  // namespace cinder::store
