// Another disk in the place of one of a guest that runs, by QEMU's mirror job: what the guest
// writes goes to both from a certain moment on, and at the end to the other one only.
#pragma once

#include <string>

#include "nova/drivers/hypervisor/qemu/qmp.hpp"

namespace nova::drivers {

// Whether the guest's device that was plugged in by that serial reads and writes the node.
[[nodiscard]] bool is_behind_device(QmpClient& qmp, const std::string& node,
                                    const std::string& plugged_as);

// Bytes of the disk that the node is.
[[nodiscard]] int64_t get_node_size(QmpClient& qmp, const std::string& node);

// Begins to copy one node to the other, which is as large. Of a guest one at a time.
void begin_mirror(QmpClient& qmp, const std::string& from, const std::string& to);

enum class MirrorState {
  none,     // there is no such job
  copying,  // or about to end
  in_step,  // both hold the same, and will: whatever the guest writes is in both
  ended,    // with the other node behind the device, unless get_mirror_error() tells more
};
[[nodiscard]] MirrorState get_mirror_state(QmpClient& qmp);
// Empty if it ended well, or has not ended.
[[nodiscard]] std::string get_mirror_error(QmpClient& qmp);
// One that is in step: the other node is to take the first one's place.
void complete_mirror(QmpClient& qmp);
// One that is copying or in step: all is to stay as it was.
void cancel_mirror(QmpClient& qmp);
// One that has ended is forgotten.
void dismiss_mirror(QmpClient& qmp);

}  // namespace nova::drivers
