// The blank disks of its host that a server has beside its root: ephemeral ones and swap.
// https://docs.openstack.org/nova/latest/user/block-device-mapping.html
#pragma once

#include <string>
#include <vector>

#include "nova/app/block_devices.hpp"
#include "nova/store/instances.hpp"
#include "nova/store/server_volumes.hpp"

namespace nova::app {

// Those that were asked for; of a kind that was not, what the flavor has. Swap is the last one.
// Throws Error(bad_request) for more than the flavor has, or a format that is none.
[[nodiscard]] std::vector<LocalDisk> plan_local_disks(const std::vector<BlockDeviceWish>& wishes,
                                                      const store::FlavorRow& flavor);

// The first of "/dev/vdb", "/dev/vdc", ... that is none of these. Throws Error(forbidden) if all
// are.
[[nodiscard]] std::string free_device_name(const std::vector<std::string>& taken);
// Of the server's disks, but for its root.
[[nodiscard]] std::vector<std::string> device_names_of(
    const std::vector<LocalDisk>& local_disks, const std::vector<store::ServerVolumeRow>& volumes);

}  // namespace nova::app
