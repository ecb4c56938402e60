// What a request for a server says of its disks: imageRef, block_device_mapping_v2 and the former
// block_device_mapping.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "nova/app/block_devices.hpp"

namespace nova::api {

struct RequestedDisks {
  std::string image_id;  // empty: none
  std::vector<app::BlockDeviceWish> devices;
};
// `server`: the request's object. Throws Error(bad_request).
[[nodiscard]] RequestedDisks read_disks(const base::Json& server);

}  // namespace nova::api
