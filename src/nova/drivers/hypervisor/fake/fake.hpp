// A hypervisor without guests: for tests, the simulation and measurements of the control plane.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string_view>

#include "nova/drivers/hypervisor/driver.hpp"

namespace nova::drivers {

// What a fake host remembers; it survives the death of the process that drives it, as guests do.
struct FakeHost {
  std::mutex mutex;
  struct Guest {
    GuestDefinition definition;
    PowerState state = PowerState::running;
    std::string console;
  };
  std::map<std::string, Guest> guests;
  int64_t vcpus = 1000;
  int64_t memory_mib = 800'000;
};

// What each guest writes to its console when it starts.
inline constexpr std::string_view kFakeConsole = "FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE";

class FakeHypervisor final : public Hypervisor {
 public:
  // `point` is called at the start of each call, and at the end of one that changed something: the
  // simulation's place to intervene, also by throwing base::Error; may be empty.
  explicit FakeHypervisor(std::shared_ptr<FakeHost> host,
                          std::function<void(const char*)> point = nullptr);
  HostResources resources() override;
  void start(const GuestDefinition& guest) override;
  void stop(const std::string& id, StopMode mode, base::Duration patience) override;
  void reboot(const std::string& id, StopMode mode, base::Duration patience) override;
  void pause(const std::string& id) override;
  void resume(const std::string& id) override;
  void attach_disk(const std::string& id, const GuestDisk& disk) override;
  void detach_disk(const std::string& id, const std::string& serial,
                   base::Duration patience) override;
  void swap_disk(const std::string& id, const std::string& serial, const GuestDisk& disk,
                 const std::function<void()>& keep_on) override;
  void resize_disk(const std::string& id, const std::string& serial, int64_t bytes) override;
  void copy_disk(const std::string& id, const GuestDisk& disk, const std::string& to,
                 const std::function<void()>& keep_on) override;
  void end_copies(const std::string& id) override;
  std::vector<std::string> list_serials(const std::string& id) override;
  void remove(const std::string& id) override;
  PowerState power_state(const std::string& id) override;
  std::vector<std::string> list_guests() override;
  std::string console_output(const std::string& id) override;

 private:
  void visit(const char* where) const;
  // Under the host's lock; throws Error(not_found).
  FakeHost::Guest& get(const std::string& id);
  void move(const std::string& id, PowerState state);

  std::shared_ptr<FakeHost> host_;
  std::function<void(const char*)> point_;
};

}  // namespace nova::drivers
