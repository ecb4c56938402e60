// How many bytes of a project the stores keep, and what may come.
#pragma once

#include <string>

#include "glance/messages.hpp"
#include "platform/database/database.hpp"

namespace glance::registry {

// Bytes of the project's images, as often as stores have them; of all but `except_image`.
[[nodiscard]] int64_t storage_use(platform::Session& session, const std::string& owner,
                                  const std::string& except_image);

// Throws Error(too_large) if the image's `size` bytes are more than what the others of its owner
// leave of `quota`; zero: any number. Within the transaction that gives the image its bytes, so
// that uploads that end at once cannot exceed it together.
void require_storage(platform::Session& session, const std::string& owner,
                     const std::string& image_id, int64_t size, int64_t quota);

}  // namespace glance::registry
