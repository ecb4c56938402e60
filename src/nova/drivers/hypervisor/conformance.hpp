// What every hypervisor driver must do: the tests stand in conformance_test.cpp. A driver takes
// part by a line in its own test:
//   INSTANTIATE_TEST_SUITE_P(Qemu, HypervisorConformance, testing::Values(make_qemu_host));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "nova/drivers/hypervisor/driver.hpp"

namespace nova::drivers {

enum class GuestKind {
  obedient,   // shuts down when it is asked to
  deaf,       // does not
  talkative,  // obedient, and writes more to its console than is kept
};

// A host of the driver under test, without guests of former tests. What runs on it ends with it.
class HypervisorHost {
 public:
  virtual ~HypervisorHost() = default;
  // A driver of this host, as after a restart if there was one before.
  [[nodiscard]] virtual std::unique_ptr<Hypervisor> open() = 0;
  // A guest that can be started here.
  [[nodiscard]] virtual GuestDefinition define(GuestKind kind) = 0;
  // Returns when the guest has come up `times` times and has written all that it has to say.
  virtual void wait_for_ready(const std::string& id, size_t times) = 0;
  // What a guest writes at the end of coming up.
  [[nodiscard]] virtual std::string ready_text() const = 0;
  // The guest shuts down by itself.
  virtual void end_from_inside(const std::string& id) = 0;
  // The guest is killed behind the driver's back.
  virtual void kill(const std::string& id) = 0;
};

// nullptr: this machine can not run the driver, and the tests are skipped.
using HypervisorHostFactory = std::function<std::unique_ptr<HypervisorHost>()>;

class HypervisorConformance : public testing::TestWithParam<HypervisorHostFactory> {
 protected:
  void SetUp() override;
  // Started and come up.
  GuestDefinition start(GuestKind kind);
  void expect_state(const GuestDefinition& guest, PowerState state);
  // It does not run, whatever it was that ended it.
  void expect_ended(const GuestDefinition& guest);
  [[nodiscard]] size_t times_come_up(const GuestDefinition& guest);

  std::unique_ptr<HypervisorHost> host_;
  std::unique_ptr<Hypervisor> hypervisor_;
};

}  // namespace nova::drivers
