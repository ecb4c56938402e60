// Copies of disks of a guest that runs, by QEMU's own backup job: what the guest overwrites is
// copied first, so the copy is what the disk held when the job began, and the guest goes on.
#pragma once

#include <string>

#include "nova/drivers/hypervisor/qemu/qmp.hpp"

namespace nova::drivers {

// Begins to copy the block node to `to`, an empty qcow2 file of its size. Of a guest one copy at a
// time, and after a former one has been ended. Throws base::Error, then nothing has begun.
void begin_copy(QmpClient& qmp, const std::string& node, const std::string& to);
// Whether it is whole, which it is after some time. Throws Error(too_large) if the host's disk is
// full, Error(internal) if the copy failed or is not known; end_copies() then tidies up.
[[nodiscard]] bool is_copied(QmpClient& qmp);
// Ends the copy that is there, finished or not. True: QEMU has let go of its file; else it is to be
// called again soon.
[[nodiscard]] bool end_copies(QmpClient& qmp);

}  // namespace nova::drivers
