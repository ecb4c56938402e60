#include "nova/drivers/hypervisor/qemu/qemu_host.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"
#include "nova/drivers/hypervisor/qemu/tiny_guest.hpp"
#include "platform/process.hpp"

namespace nova::drivers {
namespace {

using namespace std::chrono_literals;

void wait_until(const std::string& what, const std::function<bool()>& done) {
  const base::SteadyTime deadline = platform::system_clock().steady() + 60s;
  while (!done()) {
    if (platform::system_clock().steady() > deadline)
      throw base::Error(base::ErrorKind::timeout, "not in time: " + what);
    platform::system_executor().sleep_for(5ms);
  }
}

size_t count(const std::string& text, std::string_view part) {
  size_t times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

}  // namespace

QemuHost::QemuHost() {
  // Short: the path of a unix socket has at most 107 bytes.
  std::string name = (std::filesystem::temp_directory_path() / "nephele-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw base::Error(base::ErrorKind::internal, "no directory for a test");
  directory_ = name;
}

QemuHost::~QemuHost() {
  const auto hypervisor = open();
  for (const std::string& id : guests_) hypervisor->remove(id);
  std::filesystem::remove_all(directory_);
}

std::unique_ptr<Hypervisor> QemuHost::open() {
  return make_qemu_hypervisor({directory_}, runtime());
}

GuestDefinition QemuHost::define(GuestKind kind) {
  GuestDefinition guest;
  guest.id = platform::system_random().uuid();
  guest.name = "a, tiny guest";
  guest.memory_mib = 16;
  guest.disks = {{directory_ + "/" + guest.id + ".raw", "raw"}};
  write_tiny_guest(guest.disks.front().path, kind);
  guests_.push_back(guest.id);
  return guest;
}

void QemuHost::wait_for_ready(const std::string& id, size_t times) {
  wait_until("the guest is up",
             [&] { return count(read_from(files_of(id).console()), kTinyGuestReady) >= times; });
  // It listens for the button after it has written.
  platform::system_executor().sleep_for(20ms);
}

std::string QemuHost::ready_text() const { return std::string(kTinyGuestReady); }

void QemuHost::end_from_inside(const std::string& id) {
  const auto process = platform::identify_process(pid_of(id));
  static_cast<void>(QmpClient(files_of(id).qmp(), 10s).execute("system_powerdown"));
  wait_until("the guest is down", [&] { return !process || !platform::is_running(*process); });
}

void QemuHost::kill(const std::string& id) {
  const auto process = platform::identify_process(pid_of(id));
  ::kill(pid_of(id), SIGKILL);
  wait_until("the guest is dead", [&] { return !process || !platform::is_running(*process); });
}

GuestFiles QemuHost::files_of(const std::string& id) const { return {directory_ + "/" + id}; }

pid_t QemuHost::pid_of(const std::string& id) const {
  const auto pid = base::parse_integer(base::trim(read_from(files_of(id).pid())));
  if (!pid) throw base::Error(base::ErrorKind::internal, "the guest has no pid file");
  return static_cast<pid_t>(*pid);
}

platform::Runtime QemuHost::runtime() const {
  return {platform::system_executor(), platform::system_clock(), platform::system_random(),
          platform::null_tracer(), "host"};
}

std::unique_ptr<HypervisorHost> make_qemu_host() {
  auto host = std::make_unique<QemuHost>();
  if (!host->open()->resources().problem.empty()) return nullptr;
  return host;
}

}  // namespace nova::drivers
