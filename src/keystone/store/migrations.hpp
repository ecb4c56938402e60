// Keystone's schema, embedded from migrations/*.sql at build time.
#pragma once

#include <span>

#include "platform/database/migration.hpp"

namespace keystone::store {

[[nodiscard]] std::span<const platform::Migration> migrations();

}  // namespace keystone::store
