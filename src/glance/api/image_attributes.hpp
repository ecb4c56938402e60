// The attributes of an image that users set: one table for create, patch and schemas.
#pragma once

#include <string>
#include <string_view>

#include "glance/image.hpp"

namespace glance::api {

// Sets a base or custom attribute from JSON. Throws Error(forbidden) for a read-only or reserved
// one, Error(bad_request) for a value of the wrong type or range.
void set_attribute(Image& image, std::string_view name, const base::Json& value);
// Back to its default; Error(forbidden) for one that can not be removed, Error(conflict) for a
// custom one that is not there.
void remove_attribute(Image& image, std::string_view name);
// Whether the image has it: base attributes always.
[[nodiscard]] bool has_attribute(const Image& image, std::string_view name);
// The JSON schema document of an image.
[[nodiscard]] std::string image_schema();

}  // namespace glance::api
