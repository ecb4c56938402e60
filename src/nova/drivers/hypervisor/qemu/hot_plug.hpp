// Disks that come and go while a guest runs, over its QMP. Every call may be repeated.
#pragma once

#include "nova/drivers/hypervisor/qemu/guest_files.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"

namespace nova::drivers {

// Throws base::Error, then nothing of it is left in the guest unless QEMU has ceased to answer.
void plug_disk(QmpClient& qmp, const GuestFiles& files, const GuestDisk& disk);
// Asks the guest to let go of it, which it knows by the serial `plugged_as`. True: it has, and
// nothing of it is left.
[[nodiscard]] bool unplug_disk(QmpClient& qmp, const std::string& serial,
                               const std::string& plugged_as);
// What stands for it in QEMU without a guest that has it: `node`, as blockdev-add takes it. A
// former one of that serial must be removed first: it may be of another connection.
void add_node(QmpClient& qmp, const GuestFiles& files, const GuestDisk& disk,
              const base::Json& node);
void remove_node(QmpClient& qmp, const std::string& serial);
// The guest's device, whatever is behind it now, is as fast as the disk's limits let it.
void limit_disk(QmpClient& qmp, const GuestDisk& disk);
void resize_plugged_disk(QmpClient& qmp, const std::string& serial, int64_t bytes);

}  // namespace nova::drivers
