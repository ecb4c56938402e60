// Neutron's schema, embedded from migrations/*.sql at build time.
#pragma once

#include <span>

#include "platform/database/migration.hpp"

namespace neutron::store {

[[nodiscard]] std::span<const platform::Migration> migrations();

}  // namespace neutron::store
