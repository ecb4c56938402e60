// Guests as QEMU processes driven over QMP. A guest outlives the process that started it: all that
// is known of it lies in DIRECTORY/<id>/ (definition.json, qemu.pid, qmp.sock, console.log).
#pragma once

#include <memory>

#include "nova/drivers/hypervisor/driver.hpp"
#include "platform/finding.hpp"
#include "platform/runtime.hpp"

namespace nova::drivers {

struct QemuOptions {
  std::string directory;                       // instances_path
  std::string program = "qemu-system-x86_64";  // found in PATH
  std::string virt_type = "qemu";              // "qemu" (TCG) or "kvm"
};

// The program may be missing, and come later: until then resources() has a problem.
[[nodiscard]] std::unique_ptr<Hypervisor> make_qemu_hypervisor(QemuOptions options,
                                                               platform::Runtime runtime);

// "kvm" if a small guest really ran with it, else "qemu", with what was found: /dev/kvm being there
// proves nothing. Throws Error(unavailable) if the program is not installed.
struct KvmProbe {
  std::string virt_type;
  platform::Finding finding;
};
[[nodiscard]] KvmProbe probe_kvm(const std::string& program, platform::Runtime runtime);

}  // namespace nova::drivers
