// Nova's schema, embedded from migrations/*.sql at build time.
#pragma once

#include <span>

#include "platform/database/migration.hpp"

namespace nova::store {

[[nodiscard]] std::span<const platform::Migration> migrations();

}  // namespace nova::store
