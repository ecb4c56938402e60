// One disk of a guest that runs for another, from the first byte to the definition on disk.
//
// The definition tells the new disk from the moment on at which both hold the same and whatever the
// guest writes goes to both: a guest that ends before QEMU has let go of the old one loses nothing.
#pragma once

#include <functional>
#include <string>

#include "nova/drivers/hypervisor/qemu/guest_files.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"
#include "platform/runtime.hpp"

namespace nova::drivers {

class DiskExchange {
 public:
  // `serial`: of the old one. References outlive it.
  DiskExchange(const GuestFiles& files, platform::Runtime& runtime, const std::string& serial,
               const GuestDisk& disk)
      : files_(files), runtime_(runtime), serial_(serial), disk_(disk) {}

  // From the start; what a former attempt has left is gone. If it throws, all is as before, or the
  // definition tells the new disk.
  void run(const std::function<void()>& keep_on);
  // The definition tells the new disk: to the end.
  void go_on(const std::function<void()>& keep_on);

 private:
  void begin();
  void wait_until_in_step(const std::function<void()>& keep_on);
  void pivot();
  void abandon();
  [[nodiscard]] bool is_abandoned();
  // Asks again and again; throws Error(internal) if it has not come in half a minute.
  void wait_until(const std::function<bool()>& has_come);
  [[nodiscard]] bool is_done();
  void let_go_of_old();
  [[nodiscard]] std::string name_in_guest() const;
  [[nodiscard]] QmpClient connect() const;

  const GuestFiles& files_;
  platform::Runtime& runtime_;
  const std::string& serial_;
  const GuestDisk& disk_;
};

}  // namespace nova::drivers
