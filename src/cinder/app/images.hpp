// Images of Glance that volumes are made of.
#pragma once

#include <string>

#include "cinder/app/app.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// What a volume is told of the image that it is made from: JSON, text -> text.
[[nodiscard]] std::string image_metadata_of(const openstack::clients::Image& image);

// Throws Error(not_found | bad_request) unless the caller may use it, it is active, and it fits
// into that size.
[[nodiscard]] openstack::clients::Image usable_image(App& app, const openstack::Context& context,
                                                     const std::string& id, int64_t size_gib);

}  // namespace cinder::app
