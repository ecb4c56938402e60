// Images of Glance that local disks of servers are being copied to. A row is there as long as its
// image may have to be removed; it goes when the image is whole, or gone for good.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nova/messages.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

struct ServerImageRow {
  static constexpr std::string_view kTable = "server_images";
  std::string image_id;
  std::string server_id;
  std::string operation_id;  // the server's, as long as the image is being made
  std::string backup_type;   // "daily", ...; empty: it is no backup
  int64_t rotation = 0;      // so many backups of that type are kept
  base::TimePoint created_at{};
  bool in_glance = false;  // Glance has answered that it made it: if it is not there, it is gone
};
BOOST_DESCRIBE_STRUCT(ServerImageRow, (),
                      (image_id, server_id, operation_id, backup_type, rotation, created_at,
                       in_glance))

// What the operation makes; none if it makes no image.
[[nodiscard]] std::optional<ServerImage> find_server_image(platform::Session& session,
                                                           const std::string& operation_id);
// Those begun before `before` whose server is in another operation now, or gone; a bounded number.
[[nodiscard]] std::vector<ServerImageRow> list_abandoned_images(platform::Session& session,
                                                                base::TimePoint before);
void note_in_glance(platform::Session& session, const std::string& operation_id);
void delete_server_image(platform::Session& session, const std::string& operation_id);
// The image is whole, or its host has removed it: it is forgotten, unless it may yet come to be.
void settle_server_image(platform::Session& session, const std::string& operation_id);

}  // namespace nova::store
