// JSON patch on images: both media types of the Image API (v2.0: {"replace": "/name", ...}, v2.1:
// RFC 6902's {"op": "replace", "path": "/name", ...}).
#pragma once

#include <string_view>

#include "glance/api/image_attributes.hpp"

namespace glance::api {

// Applies all operations or throws. Error(unsupported_media_type) for another content type,
// Error(bad_request) for a malformed patch, else as set_attribute and remove_attribute do.
void apply_patch(Image& image, std::string_view content_type, const base::Json& patch,
                 const ImageFormats& formats);

}  // namespace glance::api
