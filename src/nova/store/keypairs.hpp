// Public keys of users.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/rows.hpp"

namespace nova::store {

struct KeypairRow {
  static constexpr std::string_view kTable = "keypairs";
  std::string id;
  int64_t number = 0;
  std::string user_id;
  std::string name;
  std::string type = "ssh";
  std::string public_key;
  std::string fingerprint;
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(KeypairRow, (),
                      (id, number, user_id, name, type, public_key, fingerprint, created_at))

[[nodiscard]] std::optional<KeypairRow> find_keypair(platform::Session& session,
                                                     const std::string& user_id,
                                                     const std::string& name);
// By name; those after `marker` (a name), at most `limit`.
[[nodiscard]] std::vector<KeypairRow> list_keypairs(platform::Session& session,
                                                    const std::string& user_id,
                                                    const std::string& marker, int64_t limit);
[[nodiscard]] int64_t count_keypairs(platform::Session& session, const std::string& user_id);
// Sets row.number. Throws Error(conflict) with detail "unique" if the name is taken.
void create_keypair(platform::Session& session, KeypairRow& row);
// Whether there was one.
bool delete_keypair(platform::Session& session, const std::string& user_id,
                    const std::string& name);

}  // namespace nova::store
