// Images at web servers of others.
#pragma once

#include <memory>

#include "glance/drivers/image_store.hpp"
#include "glance/drivers/web_source.hpp"

namespace glance::drivers {

// Read-only: locations are URLs that clients give. start() throws Error(gone), remove() leaves what
// is not ours, list() tells nothing. A URL that the operator no longer allows is Error(unavailable)
// as one that does not answer.
[[nodiscard]] std::unique_ptr<ImageStore> make_http_store(std::shared_ptr<const WebSource> web);

}  // namespace glance::drivers
