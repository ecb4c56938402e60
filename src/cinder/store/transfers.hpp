// Offers of volumes to other projects, one per volume.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct TransferRow {
  static constexpr std::string_view kTable = "volume_transfers";
  std::string id;
  std::string volume_id;
  std::string project_id;  // that offers it
  std::optional<std::string> name;
  std::string salt;
  std::string key_hash;  // of the key that whoever accepts must know; the key itself is not kept
  bool no_snapshots = false;
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(TransferRow, (),
                      (id, volume_id, project_id, name, salt, key_hash, no_snapshots, created_at))

[[nodiscard]] std::optional<TransferRow> find_transfer(platform::Session& session,
                                                       const std::string& id);
void delete_transfer(platform::Session& session, const std::string& id);

}  // namespace cinder::store
