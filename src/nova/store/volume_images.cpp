#include "nova/store/volume_images.hpp"

namespace nova::store {

using platform::Session;

std::optional<VolumeImageRow> find_volume_image(Session& session, const std::string& image_id) {
  return platform::find<VolumeImageRow>(session, "WHERE image_id=?", {image_id});
}

std::vector<VolumeImageRow> list_volume_images(Session& session) {
  constexpr int64_t kBatch = 100;
  return platform::select<VolumeImageRow>(session, "ORDER BY created_at LIMIT ?", {kBatch});
}

void delete_volume_image(Session& session, const std::string& image_id) {
  session.execute("DELETE FROM volume_images WHERE image_id=?", {image_id});
}

}  // namespace nova::store
