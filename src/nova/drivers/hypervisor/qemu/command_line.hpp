// The argument vector of a guest's QEMU.
#pragma once

#include <string>
#include <vector>

#include "nova/drivers/hypervisor/driver.hpp"

namespace nova::drivers {

// Where one guest's files are.
struct GuestFiles {
  std::string directory;
  [[nodiscard]] std::string definition() const { return directory + "/definition.json"; }
  [[nodiscard]] std::string pid() const { return directory + "/qemu.pid"; }
  [[nodiscard]] std::string qmp() const { return directory + "/qmp.sock"; }
  [[nodiscard]] std::string console() const { return directory + "/console.log"; }
  [[nodiscard]] std::string log() const { return directory + "/qemu.log"; }
};

[[nodiscard]] std::vector<std::string> qemu_arguments(const std::string& program,
                                                      const std::string& virt_type,
                                                      const GuestDefinition& guest,
                                                      const GuestFiles& files);

}  // namespace nova::drivers
