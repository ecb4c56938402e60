// Images of servers that boot from a volume: snapshots of all their volumes, and an image without
// bytes that names them, from which servers boot.
// https://docs.openstack.org/api-ref/compute/#create-image-createimage-action
#pragma once

#include <string>

#include "nova/app/server_images.hpp"

namespace nova::app {

// Returns the image's id; the snapshots may still be in the making. If it throws, all of it is gone
// or will be: Error(conflict) in a state that does not allow it, or what Cinder and Glance say.
[[nodiscard]] std::string create_image_of_volumes(App& app, const openstack::Context& context,
                                                  const std::string& server_id,
                                                  const ServerImageWish& wish);

// Ends what was left in the middle: an image that is there stays, what is left of others goes.
void remove_abandoned_volume_images(App& app);

}  // namespace nova::app
