// Of which image a volume that is "downloading" gets its content.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct ReimageRow {
  static constexpr std::string_view kTable = "volume_reimages";
  std::string volume_id;
  std::string operation_id;
  std::string image_id;
  std::string image_metadata;  // JSON: what the volume is told of it
};
BOOST_DESCRIBE_STRUCT(ReimageRow, (), (volume_id, operation_id, image_id, image_metadata))

// None also if it is of another operation.
[[nodiscard]] std::optional<ReimageRow> find_reimage(platform::Session& session,
                                                     const std::string& volume_id,
                                                     const std::string& operation_id);
void delete_reimage(platform::Session& session, const std::string& volume_id);

}  // namespace cinder::store
