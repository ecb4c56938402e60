// Images that are made of servers: of local disks (local_disk_images.hpp) or of volumes
// (volume_images.hpp).
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

// What an image of volumes says of the disks of a server. Throws Error(bad_request) if it can not
// be read: anybody may write the property.
[[nodiscard]] std::vector<BlockDeviceWish> block_devices_of(const openstack::clients::Image& image);

}  // namespace nova::app
