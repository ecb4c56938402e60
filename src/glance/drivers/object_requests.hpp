// What the stores at object storages share: requests that are repeated, ranges, errors.
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "glance/drivers/object_stores.hpp"

namespace glance::drivers {

inline constexpr base::Duration kObjectTimeout = std::chrono::seconds{60};

// Sends what may be sent twice, a few times if the storage is not reached or says that it fails.
[[nodiscard]] platform::http::Response send_patiently(
    const platform::Runtime& runtime, const std::function<platform::http::Response()>& send);

// Throws unless the status is below 300 or `also`: Error(not_found) for 404, Error(too_large) for a
// quota, Error(unavailable) for 5xx; all else is Error(internal), since images' users can do
// nothing about it.
void require_success(const platform::http::Response& response, const std::string& what,
                     int also = 0);

// "bytes=10-19"; empty if all is wanted.
[[nodiscard]] std::string range_header(uint64_t offset, std::optional<uint64_t> length);

// The bytes of an answer to a GET; none for 416, where a range lies behind the end.
[[nodiscard]] std::shared_ptr<platform::http::BodySource> source_of(
    platform::http::Response response);

}  // namespace glance::drivers
