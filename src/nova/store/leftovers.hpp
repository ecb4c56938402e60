// Rows without an owner: what no operation leaves, unless something went wrong.
#pragma once

#include <string>
#include <vector>

#include "platform/database/rows.hpp"

namespace nova::store {

struct OwnerlessClaim {
  std::string server_id;
  std::string host;
};

// Claims on hosts whose server is deleted or was never there.
[[nodiscard]] std::vector<OwnerlessClaim> list_ownerless_claims(platform::Session& session);

}  // namespace nova::store
