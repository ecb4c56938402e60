// Images that are being made of servers that boot from volumes. A row is there before anything of
// its image is elsewhere, and as long as something of it may have to be removed again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace nova::store {

struct VolumeImageRow {
  static constexpr std::string_view kTable = "volume_images";
  std::string image_id;
  std::string operation_id;  // the action's
  std::string volumes;       // JSON: ids of those that snapshots are made of
  bool given_up = false;     // the image is not to be, and its snapshots neither
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(VolumeImageRow, (), (image_id, operation_id, volumes, given_up, created_at))

[[nodiscard]] std::optional<VolumeImageRow> find_volume_image(platform::Session& session,
                                                              const std::string& image_id);
// The oldest ones; a bounded number.
[[nodiscard]] std::vector<VolumeImageRow> list_volume_images(platform::Session& session);
void delete_volume_image(platform::Session& session, const std::string& image_id);

}  // namespace nova::store
