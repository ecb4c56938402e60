// Images of Glance that volumes are being uploaded to. A row is there as long as its image may have
// to be removed again; it goes when the image is whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct ImageUploadRow {
  static constexpr std::string_view kTable = "image_uploads";
  std::string image_id;
  std::string volume_id;
  std::string operation_id;  // the volume's, as long as the upload goes on
  std::string disk_format;   // Glance's
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(ImageUploadRow, (),
                      (image_id, volume_id, operation_id, disk_format, created_at))

[[nodiscard]] std::optional<ImageUploadRow> find_image_upload(platform::Session& session,
                                                              const std::string& operation_id);
// Those whose volume is no longer being uploaded, or gone.
[[nodiscard]] std::vector<ImageUploadRow> list_abandoned_uploads(platform::Session& session,
                                                                 base::TimePoint until);
void delete_image_upload(platform::Session& session, const std::string& image_id);

}  // namespace cinder::store
