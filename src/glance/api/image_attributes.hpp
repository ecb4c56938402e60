// The attributes of an image that users set: one table for create, patch and schemas.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "glance/image.hpp"
#include "platform/config.hpp"

namespace glance::api {

// The formats that images may be declared to have.
struct ImageFormats {
  std::vector<std::string> disk;
  std::vector<std::string> container;
};
// [image_format] disk_formats and container_formats. Throws Error(bad_request) for one that is not
// known here: its bytes could not be inspected.
[[nodiscard]] ImageFormats read_image_formats(const platform::Config& config);

// Sets a base or custom attribute from JSON. Throws Error(forbidden) for a read-only or reserved
// one, Error(bad_request) for a value of the wrong type or range.
void set_attribute(Image& image, std::string_view name, const base::Json& value,
                   const ImageFormats& formats);
// Back to its default; Error(forbidden) for one that can not be removed, Error(conflict) for a
// custom one that is not there.
void remove_attribute(Image& image, std::string_view name);
// Throws Error(forbidden): nobody, or not this caller, may set that property.
[[noreturn]] void refuse_reserved(std::string_view name);
// Whether it is one of the base attributes, not a user's property.
[[nodiscard]] bool is_base_attribute(std::string_view name);
// Whether the image has it: base attributes always.
[[nodiscard]] bool has_attribute(const Image& image, std::string_view name);
// The JSON schema of its locations, as clients give them.
[[nodiscard]] std::string_view location_list_schema();
// The JSON schema document of an image.
[[nodiscard]] std::string image_schema(const ImageFormats& formats);

}  // namespace glance::api
