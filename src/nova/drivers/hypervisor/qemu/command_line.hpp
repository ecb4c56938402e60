// The argument vector of a guest's QEMU.
#pragma once

#include <string>
#include <vector>

#include "nova/drivers/hypervisor/qemu/guest_files.hpp"

namespace nova::drivers {

[[nodiscard]] std::vector<std::string> qemu_arguments(const std::string& program,
                                                      const std::string& virt_type,
                                                      const GuestDefinition& guest,
                                                      const GuestFiles& files);

}  // namespace nova::drivers
