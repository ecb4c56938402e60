#include "nova/drivers/hypervisor/fake/fake.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace nova::drivers {
namespace {

bool is_on(const FakeHost::Guest& guest) {
  return guest.state == PowerState::running || guest.state == PowerState::paused;
}

void power_on(FakeHost::Guest& guest) {
  guest.state = PowerState::running;
  if (!guest.console.empty()) guest.console += '\n';
  guest.console += kFakeConsole;
}

}  // namespace

FakeHypervisor::FakeHypervisor(std::shared_ptr<FakeHost> host,
                               std::function<void(const char*)> point)
    : host_(std::move(host)), point_(std::move(point)) {}

void FakeHypervisor::visit(const char* where) const {
  if (point_) point_(where);
}

FakeHost::Guest& FakeHypervisor::get(const std::string& id) {
  const auto guest = host_->guests.find(id);
  if (guest == host_->guests.end())
    throw base::Error(base::ErrorKind::not_found, "The guest is not on this host.", id);
  return guest->second;
}

HostResources FakeHypervisor::resources() {
  visit("hypervisor.resources");
  HostResources host;
  host.hypervisor_type = "fake";
  host.hypervisor_version = 1000;
  host.virt_type = "fake";
  host.vcpus = host_->vcpus;
  host.memory_mib = host_->memory_mib;
  host.cpu_info =
      R"({"arch":"x86_64","model":"fake","vendor":"fake","features":[],"topology":{"cores":1,"threads":1,"sockets":1}})";
  return host;
}

void FakeHypervisor::start(const GuestDefinition& guest) {
  visit("hypervisor.start");
  {
    const std::lock_guard lock(host_->mutex);
    const auto [entry, fresh] = host_->guests.try_emplace(guest.id);
    if (!fresh && is_on(entry->second)) {
      entry->second.state = PowerState::running;
      return;
    }
    entry->second.definition = guest;
    power_on(entry->second);
  }
  visit("hypervisor.start done");
}

void FakeHypervisor::stop(const std::string& id, StopMode, base::Duration) {
  visit("hypervisor.stop");
  {
    const std::lock_guard lock(host_->mutex);
    get(id).state = PowerState::shutdown;
  }
  visit("hypervisor.stop done");
}

void FakeHypervisor::reboot(const std::string& id, StopMode, base::Duration) {
  visit("hypervisor.reboot");
  {
    const std::lock_guard lock(host_->mutex);
    power_on(get(id));
  }
  visit("hypervisor.reboot done");
}

void FakeHypervisor::pause(const std::string& id) {
  visit("hypervisor.pause");
  move(id, PowerState::paused);
  visit("hypervisor.pause done");
}

void FakeHypervisor::resume(const std::string& id) {
  visit("hypervisor.resume");
  move(id, PowerState::running);
  visit("hypervisor.resume done");
}

// Of a guest that is on.
void FakeHypervisor::move(const std::string& id, PowerState state) {
  const std::lock_guard lock(host_->mutex);
  FakeHost::Guest& guest = get(id);
  if (!is_on(guest)) throw base::Error(base::ErrorKind::conflict, "The guest does not run.", id);
  guest.state = state;
}

void FakeHypervisor::attach_disk(const std::string& id, const GuestDisk& disk) {
  visit("hypervisor.attach_disk");
  {
    const std::lock_guard lock(host_->mutex);
    add_disk(get(id).definition, disk);
  }
  visit("hypervisor.attach_disk done");
}

void FakeHypervisor::detach_disk(const std::string& id, const std::string& serial, base::Duration) {
  visit("hypervisor.detach_disk");
  {
    const std::lock_guard lock(host_->mutex);
    remove_disk(get(id).definition, serial);
  }
  visit("hypervisor.detach_disk done");
}

void FakeHypervisor::swap_disk(const std::string& id, const std::string& serial,
                               const GuestDisk& disk, const std::function<void()>& keep_on) {
  visit("hypervisor.swap_disk");
  keep_on();
  {
    const std::lock_guard lock(host_->mutex);
    FakeHost::Guest& guest = get(id);
    if (!is_on(guest)) throw base::Error(base::ErrorKind::conflict, "The guest does not run.", id);
    remove_disk(guest.definition, serial);
    add_disk(guest.definition, disk);
  }
  visit("hypervisor.swap_disk done");
}

void FakeHypervisor::resize_disk(const std::string& id, const std::string&, int64_t) {
  visit("hypervisor.resize_disk");
  const std::lock_guard lock(host_->mutex);
  static_cast<void>(get(id));
}

void FakeHypervisor::copy_disk(const std::string&, const GuestDisk&, const std::string&,
                               const std::function<void()>& keep_on) {
  visit("hypervisor.copy_disk");
  keep_on();
  visit("hypervisor.copy_disk done");
}

void FakeHypervisor::end_copies(const std::string&) { visit("hypervisor.end_copies"); }

std::vector<std::string> FakeHypervisor::list_serials(const std::string& id) {
  visit("hypervisor.list_serials");
  const std::lock_guard lock(host_->mutex);
  return serials_of(get(id).definition);
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
  const std::lock_guard lock(host_->mutex);
  const std::string& console = get(id).console;
  return console.substr(console.size() - std::min(console.size(), kConsoleTail));
}

}  // namespace nova::drivers
