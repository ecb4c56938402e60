// How the volumes of a type are to be encrypted, at most one row per type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/database/rows.hpp"

namespace cinder::store {

struct EncryptionRow {
  static constexpr std::string_view kTable = "volume_type_encryptions";
  std::string volume_type_id;
  std::string encryption_id;
  std::string provider;          // "luks"
  std::string control_location;  // "front-end", "back-end"
  std::optional<std::string> cipher;
  std::optional<int64_t> key_size;  // bits
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(EncryptionRow, (),
                      (volume_type_id, encryption_id, provider, control_location, cipher, key_size,
                       created_at, updated_at))

[[nodiscard]] std::optional<EncryptionRow> find_encryption(platform::Session& session,
                                                           const std::string& volume_type_id);
void delete_encryption(platform::Session& session, const std::string& volume_type_id);

}  // namespace cinder::store
