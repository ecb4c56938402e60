// Unified limits: defaults per service and resource, and what projects and domains get instead.
#pragma once

#include <vector>

#include "keystone/app/core.hpp"
#include "keystone/store/catalog.hpp"

namespace keystone::app {

// All or none. Throws not_found (service, region), conflict.
[[nodiscard]] std::vector<store::RegisteredLimit> create_registered_limits(
    Core& core, std::vector<store::RegisteredLimit> limits);
// All or none. Throws bad_request (not one of project and domain, no registered limit), conflict.
[[nodiscard]] std::vector<store::Limit> create_limits(Core& core, std::vector<store::Limit> limits);
void check_registered_limit(Change& change, store::RegisteredLimit& limit);
// Throws Error(forbidden) while a limit refers to it.
void before_registered_limit_delete(Change& change, store::RegisteredLimit& limit);

}  // namespace keystone::app
