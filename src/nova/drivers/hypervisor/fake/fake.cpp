#include "nova/drivers/hypervisor/fake/fake.hpp"

#include "base/error.hpp"

namespace nova::drivers {

FakeHypervisor::FakeHypervisor(std::shared_ptr<FakeHost> host,
                               std::function<void(const char*)> point)
    : host_(std::move(host)), point_(std::move(point)) {}

void FakeHypervisor::visit(const char* where) const {
  if (point_) point_(where);
}

void FakeHypervisor::set_state(const std::string& id, PowerState state) {
  const std::lock_guard lock(host_->mutex);
  const auto guest = host_->guests.find(id);
  if (guest == host_->guests.end())
    throw base::Error(base::ErrorKind::not_found, "The guest is not on this host.", id);
  guest->second.state = state;
}

HostResources FakeHypervisor::resources() {
  visit("hypervisor.resources");
  return {
      "fake",
      1000,
      "fake",
      host_->vcpus,
      host_->memory_mib,
      R"({"arch":"x86_64","model":"fake","vendor":"fake","features":[],"topology":{"cores":1,"threads":1,"sockets":1}})"};
}

void FakeHypervisor::start(const GuestDefinition& guest) {
  visit("hypervisor.start");
  {
    const std::lock_guard lock(host_->mutex);
    FakeHost::Guest& known = host_->guests[guest.id];
    known.definition = guest;
    known.state = PowerState::running;
  }
  visit("hypervisor.start done");
}

void FakeHypervisor::stop(const std::string& id, StopMode, base::Duration) {
  visit("hypervisor.stop");
  set_state(id, PowerState::shutdown);
  visit("hypervisor.stop done");
}

void FakeHypervisor::reboot(const std::string& id, StopMode, base::Duration) {
  visit("hypervisor.reboot");
  set_state(id, PowerState::running);
  visit("hypervisor.reboot done");
}

void FakeHypervisor::pause(const std::string& id) {
  visit("hypervisor.pause");
  set_state(id, PowerState::paused);
  visit("hypervisor.pause done");
}

void FakeHypervisor::resume(const std::string& id) {
  visit("hypervisor.resume");
  set_state(id, PowerState::running);
  visit("hypervisor.resume done");
}

void FakeHypervisor::remove(const std::string& id) {
  visit("hypervisor.remove");
  {
    const std::lock_guard lock(host_->mutex);
    host_->guests.erase(id);
  }
  visit("hypervisor.remove done");
}

PowerState FakeHypervisor::power_state(const std::string& id) {
  visit("hypervisor.power_state");
  const std::lock_guard lock(host_->mutex);
  const auto guest = host_->guests.find(id);
  return guest == host_->guests.end() ? PowerState::none : guest->second.state;
}

std::vector<std::string> FakeHypervisor::list_guests() {
  visit("hypervisor.list_guests");
  const std::lock_guard lock(host_->mutex);
  std::vector<std::string> ids;
  for (const auto& [id, guest] : host_->guests) ids.push_back(id);
  return ids;
}

std::string FakeHypervisor::console_output(const std::string& id) {
  visit("hypervisor.console_output");
  if (power_state(id) == PowerState::none)
    throw base::Error(base::ErrorKind::not_found, "The guest is not on this host.", id);
  return "FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE";
}

}  // namespace nova::drivers
