#include "nova/drivers/hypervisor/fake/fake.hpp"

#include "nova/drivers/hypervisor/conformance.hpp"

namespace nova::drivers {
namespace {

class FakeHypervisorHost final : public HypervisorHost {
 public:
  std::unique_ptr<Hypervisor> open() override { return std::make_unique<FakeHypervisor>(host_); }

  GuestDefinition define(GuestKind kind) override {
    GuestDefinition guest;
    guest.id = "guest " + std::to_string(++made_);
    guest.name = kind == GuestKind::talkative ? "talkative" : "guest";
    return guest;
  }

  // It is up at once.
  void wait_for_ready(const std::string& id, size_t) override {
    const std::lock_guard lock(host_->mutex);
    FakeHost::Guest& guest = host_->guests.at(id);
    if (guest.definition.name == "talkative")
      guest.console.insert(0, std::string(2 * kConsoleTail, 'x'));
  }

  std::string ready_text() const override { return std::string(kFakeConsole); }
  void end_from_inside(const std::string& id) override { set(id, PowerState::shutdown); }
  void kill(const std::string& id) override { set(id, PowerState::crashed); }

 private:
  void set(const std::string& id, PowerState state) {
    const std::lock_guard lock(host_->mutex);
    host_->guests.at(id).state = state;
  }

  std::shared_ptr<FakeHost> host_ = std::make_shared<FakeHost>();
  int made_ = 0;
};

std::unique_ptr<HypervisorHost> make_fake_host() { return std::make_unique<FakeHypervisorHost>(); }

INSTANTIATE_TEST_SUITE_P(Fake, HypervisorConformance, testing::Values(make_fake_host));

}  // namespace
}  // namespace nova::drivers
