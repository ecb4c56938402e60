// The QEMU process of a guest, found again by whoever comes later.
//
// A pid file is laid, empty, before QEMU is started. QEMU writes its pid into it and removes it
// when it ends in order. So there is no file: nothing runs. It is empty: whoever started QEMU may
// have died before QEMU wrote its pid; only the list of all processes can tell. It holds a pid:
// that process, if it really is this guest's, for a pid may have been given anew after QEMU was
// killed.
#pragma once

#include <optional>

#include "nova/drivers/hypervisor/qemu/guest_files.hpp"
#include "platform/process.hpp"

namespace nova::drivers {

// What the pid file says. Cheap, for looking.
[[nodiscard]] std::optional<platform::ProcessIdentity> find_guest_process(const GuestFiles& files,
                                                                          const std::string& id);
// Does not trust a pid file that is missing or wrong: before something is started or given up.
[[nodiscard]] std::optional<platform::ProcessIdentity> search_guest_process(const GuestFiles& files,
                                                                            const std::string& id);
// From now on a QEMU of this guest may come into being.
void lay_pid_file(const GuestFiles& files);

}  // namespace nova::drivers
