// Bytes from where a client said that they are, looked at as if they were uploaded: what is there
// may change at any time.
#pragma once

#include <memory>

#include "glance/api/image_api.hpp"

namespace glance::api {

// The whole image; its reader throws Error(bad_request), at the latest instead of its last bytes,
// if they are not of its disk_format or might harm who opens them.
[[nodiscard]] std::shared_ptr<platform::http::BodySource> inspected(
    const ImageApi& api, const Image& image, std::shared_ptr<platform::http::BodySource> source);

}  // namespace glance::api
