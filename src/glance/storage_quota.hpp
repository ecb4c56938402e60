// [DEFAULT] user_storage_quota: what a project's images may need of the stores.
#pragma once

#include <cstdint>
#include <string_view>

namespace glance {

// Bytes of "500", "20MB", "1TB" (units of 1024); zero: any number. Throws Error(bad_request) for
// other text.
[[nodiscard]] int64_t parse_storage_quota(std::string_view text);

// Throws Error(too_large) with Glance's message if `size` bytes do not fit into `remaining`.
void require_remaining(int64_t size, int64_t remaining);

}  // namespace glance
