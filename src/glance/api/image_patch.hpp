// JSON patch on images: both media types of the Image API (v2.0: {"replace": "/name", ...}, v2.1:
// RFC 6902's {"op": "replace", "path": "/name", ...}).
#pragma once

#include <functional>
#include <string_view>

#include "glance/api/image_attributes.hpp"
#include "glance/api/property_protection.hpp"

namespace glance::api {

// One operation on /locations.
struct LocationChange {
  std::string operation;              // add, replace (of all), remove
  std::string position;               // of one to add or remove: a number, or "-" for the end
  const base::Json* value = nullptr;  // of what is added, or of all
};

// What a patch may do.
struct PatchRules {
  const ImageFormats& formats;
  // Whether the caller may create, update or remove that custom property.
  std::function<bool(std::string_view, PropertyAction)> may_use;
  std::function<void(Image&, const LocationChange&)> change_locations;
};

// Applies all operations or throws. Error(forbidden) for a property that is protected,
// Error(unsupported_media_type) for another content type, Error(bad_request) for a malformed patch,
// else as set_attribute and remove_attribute do.
void apply_patch(Image& image, std::string_view content_type, const base::Json& patch,
                 const PatchRules& rules);

}  // namespace glance::api
