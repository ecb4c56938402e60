// Images that are made of servers; those of local disks: local_disk_images.hpp.
// https://docs.openstack.org/api-ref/compute/#create-image-createimage-action
#pragma once

#include <string>
#include <vector>

#include "nova/app/block_devices.hpp"
#include "nova/store/instances.hpp"

namespace nova::app {

struct ServerImageWish {
  std::string name;
  base::JsonObject metadata;  // texts: further properties of the image
};

[[nodiscard]] bool boots_from_volume(const store::InstanceRow& server);

// Of a server that boots from a volume: snapshots of all its volumes, and an image without bytes
// that names them, from which servers boot. Returns the image's id; the snapshots may still be in
// the making. If it throws the snapshots are gone, unless they take seconds to make:
// Error(conflict) in a state that does not allow it, or what Cinder and Glance say.
[[nodiscard]] std::string create_image_of_volumes(App& app, const openstack::Context& context,
                                                  const std::string& server_id,
                                                  const ServerImageWish& wish);

// What such an image says of the disks of a server. Throws Error(bad_request) if it can not be
// read: anybody may write the property.
[[nodiscard]] std::vector<BlockDeviceWish> block_devices_of(const openstack::clients::Image& image);

}  // namespace nova::app
