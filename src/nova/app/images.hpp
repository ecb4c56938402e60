// The image that a server is made from.
#pragma once

#include <string>

#include "nova/app/app.hpp"

namespace nova::app {

// What the flavor offers it.
struct ImageRoom {
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;  // 0: as much as the image needs
};

// The image, if the project may use it and it fits. Throws Error(bad_request) in Nova's words.
[[nodiscard]] openstack::clients::Image usable_image(App& app, const openstack::Context& context,
                                                     const std::string& id, const ImageRoom& room);

// Its properties, which scheduling looks at and images of its servers inherit, as JSON text.
[[nodiscard]] std::string image_properties(const openstack::clients::Image& image);

}  // namespace nova::app
