// Cinder's schema, embedded from migrations/*.sql at build time.
#pragma once

#include <span>

#include "platform/database/migration.hpp"

namespace cinder::store {

[[nodiscard]] std::span<const platform::Migration> migrations();

}  // namespace cinder::store
