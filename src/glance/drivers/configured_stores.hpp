// The stores that glance.conf names.
#pragma once

#include <memory>

#include "glance/drivers/object_stores.hpp"
#include "glance/drivers/stores.hpp"
#include "platform/config.hpp"

namespace glance::drivers {

// [DEFAULT] enabled_backends, each with a section of its own; or the one of [glance_store]. Throws
// Error(bad_request) that says what is wrong with them.
[[nodiscard]] Stores make_configured_stores(const platform::Config& config,
                                            const StoreEnvironment& environment);
// [DEFAULT] node_staging_uri, or a directory beside the default store's.
[[nodiscard]] std::unique_ptr<ImageStore> make_staging_store(const platform::Config& config);

}  // namespace glance::drivers
