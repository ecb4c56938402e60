// A directory of guests for tests of the QEMU driver, which takes them down at its end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nova/drivers/hypervisor/conformance.hpp"
#include "nova/drivers/hypervisor/qemu/guest_files.hpp"
#include "platform/runtime.hpp"

namespace nova::drivers {

class QemuHost final : public HypervisorHost {
 public:
  QemuHost();
  ~QemuHost() override;
  std::unique_ptr<Hypervisor> open() override;
  GuestDefinition define(GuestKind kind) override;
  void wait_for_ready(const std::string& id, size_t times) override;
  std::string ready_text() const override;
  void end_from_inside(const std::string& id) override;
  void kill(const std::string& id) override;

  [[nodiscard]] GuestFiles files_of(const std::string& id) const;
  [[nodiscard]] pid_t pid_of(const std::string& id) const;
  [[nodiscard]] platform::Runtime runtime() const;

 private:
  std::string directory_;
  std::vector<std::string> guests_;
};

// nullptr where QEMU is not installed.
[[nodiscard]] std::unique_ptr<HypervisorHost> make_qemu_host();

}  // namespace nova::drivers
