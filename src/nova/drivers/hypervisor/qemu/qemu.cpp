#include "nova/drivers/hypervisor/qemu/qemu.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "nova/drivers/disk_extent.hpp"
#include "nova/drivers/hypervisor/qemu/command_line.hpp"
#include "nova/drivers/hypervisor/qemu/disk_copy.hpp"
#include "nova/drivers/hypervisor/qemu/disk_exchange.hpp"
#include "nova/drivers/hypervisor/qemu/disk_nodes.hpp"
#include "nova/drivers/hypervisor/qemu/guest_files.hpp"
#include "nova/drivers/hypervisor/qemu/guest_process.hpp"
#include "nova/drivers/hypervisor/qemu/hot_plug.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"
#include "platform/disk_conversion.hpp"
#include "platform/log.hpp"
#include "platform/process.hpp"
#include "platform/waiting.hpp"

namespace nova::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::ProcessIdentity;

constexpr base::Duration kQmpTimeout = std::chrono::seconds{10};
constexpr base::Duration kStartPatience = std::chrono::seconds{30};
constexpr base::Duration kGrace = std::chrono::seconds{3};
constexpr base::Duration kLook = std::chrono::milliseconds{10};
// A guest that has not booted yet does not hear the first request to shut down.
constexpr base::Duration kAskAgain = std::chrono::seconds{10};

// What QEMU logged last, since `offset`, for the user: without the places of this host.
std::string last_words(const GuestFiles& files, size_t offset) {
  const std::string log = read_from(files.log(), offset);
  const std::string_view text = base::trim(log);
  const size_t line = text.rfind('\n');
  std::string words(text.substr(line == std::string_view::npos ? 0 : line + 1));
  words = base::replace_all(std::move(words), files.directory + "/", "");
  return words.empty() ? "it did not say why" : words;
}

size_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<size_t>(size);
}

PowerState state_of(const std::string& qemu_status) {
  if (qemu_status == "paused" || qemu_status == "suspended") return PowerState::paused;
  // The host's disk is full or broken: QEMU waits to be told to go on.
  if (qemu_status == "io-error") return PowerState::paused;
  if (qemu_status == "shutdown") return PowerState::shutdown;
  if (qemu_status == "guest-panicked" || qemu_status == "internal-error")
    return PowerState::crashed;
  return PowerState::running;
}

class QemuHypervisor final : public Hypervisor {
 public:
  QemuHypervisor(QemuOptions options, platform::Runtime runtime)
      : options_(std::move(options)), runtime_(runtime) {
    // QEMU works in another directory.
    options_.directory = std::filesystem::absolute(options_.directory).string();
  }

  HostResources resources() override {
    HostResources host;
    host.hypervisor_type = "QEMU";
    host.virt_type = options_.virt_type;
    host.vcpus = std::max(1U, std::thread::hardware_concurrency());
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    host.memory_mib = pages * (::sysconf(_SC_PAGESIZE) / 1024) / 1024;
    host.cpu_info = fmt::format(
        R"({{"arch":"x86_64","model":"{}","vendor":"","features":[],"topology":{{"cores":{},"threads":1,"sockets":1}}}})",
        options_.virt_type == "kvm" ? "host" : "qemu64", host.vcpus);
    try {
      host.hypervisor_version = version();
    } catch (const Error& error) {
      host.problem = error.message() + " Install it: apt-get install qemu-system-x86";
    }
    return host;
  }

  void start(const GuestDefinition& guest) override {
    platform::assert_may_wait("hypervisor.start");
    const GuestFiles files = files_of(guest.id);
    const size_t logged = size_of(files.log());
    if (const auto process = search_guest_process(files, guest.id)) {
      wait_until_running(files, *process, logged);
      return;
    }
    const GuestDefinition fresh = as_plugged_anew(guest);
    save_definition(files, fresh);
    ::unlink(files.qmp().c_str());
    lay_pid_file(files);
    base::ScopeExit nothing_runs([&] { ::unlink(files.pid().c_str()); });
    const pid_t pid = platform::start_daemon(
        qemu_arguments(options_.program, options_.virt_type, fresh, files), files.log(), {},
        // Whoever breaks out of a guest finds a process that may do nothing to the host.
        platform::Privileges::none);
    const auto process = platform::identify_process(pid);
    if (!process) did_not_start(files, logged);
    base::ScopeExit end_it([&] { platform::end_process(*process, base::Duration{0}); });
    wait_until_running(files, *process, logged);
    end_it.release();
    nothing_runs.release();
  }

  void stop(const std::string& id, StopMode mode, base::Duration patience) override {
    platform::assert_may_wait("hypervisor.stop");
    const GuestFiles files = known(id);
    const auto process = search_guest_process(files, id);
    if (!process) return;
    if (mode == StopMode::clean && shut_down(files, *process, patience)) return;
    end(files, *process);
  }

  void reboot(const std::string& id, StopMode mode, base::Duration patience) override {
    const GuestDefinition guest = load_definition(files_of(id));
    stop(id, mode, patience);
    start(guest);
  }

  void pause(const std::string& id) override { command_running(id, "stop"); }
  void resume(const std::string& id) override { command_running(id, "cont"); }

  void attach_disk(const std::string& id, const GuestDisk& disk) override {
    platform::assert_may_wait("hypervisor.attach_disk");
    const GuestFiles files = known(id);
    GuestDefinition guest = load_definition(files);
    GuestDisk named = disk;
    if (const std::string name = name_in_guest(guest, disk.serial); name != disk.serial)
      named.plugged_as = name;
    add_disk(guest, named);
    save_definition(files, guest);
    if (!search_guest_process(files, id)) return;
    base::ScopeExit undo([&] { forget_disk_despite_errors(files, disk.serial); });
    QmpClient qmp(files.qmp(), kQmpTimeout);
    plug_disk(qmp, files, named);
    undo.release();
  }

  void detach_disk(const std::string& id, const std::string& serial,
                   base::Duration patience) override {
    platform::assert_may_wait("hypervisor.detach_disk");
    const GuestFiles files = known(id);
    if (search_guest_process(files, id)) wait_until_unplugged(files, serial, patience);
    forget_disk(files, serial);
  }

  void swap_disk(const std::string& id, const std::string& serial, const GuestDisk& disk,
                 const std::function<void()>& keep_on) override {
    platform::assert_may_wait("hypervisor.swap_disk");
    const GuestFiles files = known(id);
    const bool runs = search_guest_process(files, id).has_value();
    if (!knows(load_definition(files), disk.serial)) {
      if (!runs) throw Error(ErrorKind::conflict, "The guest does not run.", id);
      DiskExchange(files, runtime_, serial, disk).run(keep_on);
    } else if (runs) {
      DiskExchange(files, runtime_, serial, disk).go_on(keep_on);
    }
    ::unlink(files.secret(serial).c_str());
  }

  void resize_disk(const std::string& id, const std::string& serial, int64_t bytes) override {
    const GuestFiles files = known(id);
    if (!search_guest_process(files, id)) return;
    QmpClient qmp(files.qmp(), kQmpTimeout);
    resize_plugged_disk(qmp, serial, bytes);
  }

  void copy_disk(const std::string& id, const GuestDisk& disk, const std::string& to,
                 const std::function<void()>& keep_on) override {
    platform::assert_may_wait("hypervisor.copy_disk");
    const GuestFiles files = files_of(id);
    const DiskExtent extent = measure_disk(disk.path, disk.format);
    const auto process = is_defined(files) ? search_guest_process(files, id) : std::nullopt;
    // A CD-ROM is not written.
    if (process && !disk.read_only && copy_of_running(files, *process, disk, to, extent, keep_on))
      return;
    platform::convert_disk({disk.path, disk.format, to, "qcow2", extent.virtual_size});
  }

  void end_copies(const std::string& id) override {
    const GuestFiles files = files_of(id);
    if (is_defined(files) && search_guest_process(files, id)) wait_until_copies_end(files);
  }

  std::vector<std::string> list_serials(const std::string& id) override {
    return serials_of(load_definition(files_of(id)));
  }

  void remove(const std::string& id) override {
    const GuestFiles files = files_of(id);
    if (const auto process = search_guest_process(files, id)) end(files, *process);
    remove_files(files);
  }

  PowerState power_state(const std::string& id) override {
    const GuestFiles files = files_of(id);
    if (!is_defined(files)) return PowerState::none;
    const auto process = find_guest_process(files, id);
    if (!process) return PowerState::shutdown;
    try {
      return state_of(base::text_or(command(files, "query-status"), "status"));
    } catch (const Error& error) {
      if (!does_not_answer(error)) throw;
      // It ended meanwhile, or runs and can not be asked.
      return platform::is_running(*process) ? PowerState::running : PowerState::shutdown;
    }
  }

  std::vector<std::string> list_guests() override {
    std::vector<std::string> ids;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory, error))
      if (is_defined({entry.path().string()})) ids.push_back(entry.path().filename().string());
    if (error)
      throw Error(ErrorKind::unavailable, "The host's directory of instances can not be read.",
                  options_.directory + ": " + error.message());
    return ids;
  }

  std::string console_output(const std::string& id) override {
    std::ifstream file(known(id).console(), std::ios::binary | std::ios::ate);
    if (!file) return {};
    const auto size = static_cast<size_t>(file.tellg());
    file.seekg(static_cast<std::streamoff>(size - std::min(size, kConsoleTail)));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  [[nodiscard]] GuestFiles files_of(const std::string& id) const {
    return {options_.directory + "/" + id};
  }

  static bool knows(const GuestDefinition& guest, const std::string& serial) {
    const auto serials = serials_of(guest);
    return std::find(serials.begin(), serials.end(), serial) != serials.end();
  }

  static GuestDefinition as_plugged_anew(GuestDefinition guest) {
    for (GuestDisk& disk : guest.disks) disk.plugged_as.clear();
    return guest;
  }

  [[nodiscard]] GuestFiles known(const std::string& id) const {
    GuestFiles files = files_of(id);
    if (!is_defined(files)) throw Error(ErrorKind::not_found, "The guest is not on this host.", id);
    return files;
  }

  // "QEMU emulator version 7.2.22 (Debian ...)"; QEMU may be installed later than this starts.
  int64_t version() {
    const std::lock_guard lock(mutex_);
    if (version_ != 0) return version_;
    const std::string text = platform::run_checked({options_.program, "--version"});
    const size_t at = text.find("version ");
    if (at == std::string::npos)
      throw Error(ErrorKind::unavailable, options_.program + " is not QEMU.", text);
    int64_t version = 0;
    for (const std::string_view part : base::split(
             std::string_view(text).substr(at + 8, text.find_first_of(" \n", at + 8) - at - 8),
             '.'))
      version = version * 1000 + base::parse_integer(part).value_or(0);
    return version_ = version;
  }

  static bool does_not_answer(const Error& error) {
    return error.kind() == ErrorKind::unavailable || error.kind() == ErrorKind::timeout;
  }

  static base::Json command(const GuestFiles& files, const std::string& name,
                            base::Duration timeout = kQmpTimeout) {
    QmpClient qmp(files.qmp(), timeout);
    return qmp.execute(name);
  }

  void command_running(const std::string& id, const std::string& name) const {
    const GuestFiles files = known(id);
    if (!search_guest_process(files, id))
      throw Error(ErrorKind::conflict, "The guest does not run.", id);
    static_cast<void>(command(files, name));
  }

  [[noreturn]] static void did_not_start(const GuestFiles& files, size_t logged) {
    throw Error(ErrorKind::internal,
                "The guest's QEMU did not start: " + last_words(files, logged));
  }

  void wait_until_running(const GuestFiles& files, const ProcessIdentity& process, size_t logged) {
    const base::SteadyTime deadline = runtime_.clock.steady() + kStartPatience;
    while (!runs(files)) {
      if (!platform::is_running(process)) did_not_start(files, logged);
      if (runtime_.clock.steady() > deadline)
        throw Error(ErrorKind::timeout, "The guest's QEMU did not start in time.",
                    last_words(files, logged));
      runtime_.executor.sleep_for(kLook);
    }
  }

  // A guest that stands still, or has not begun, goes on.
  static bool runs(const GuestFiles& files) {
    try {
      QmpClient qmp(files.qmp(), kQmpTimeout);
      const std::string status = base::text_or(qmp.execute("query-status"), "status");
      if (status == "prelaunch") limit_disks(qmp, load_definition(files));
      if (status == "prelaunch" || state_of(status) == PowerState::paused)
        static_cast<void>(qmp.execute("cont"));
      return status == "running";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unavailable) throw;
      return false;
    }
  }

  static void limit_disks(QmpClient& qmp, const GuestDefinition& guest) {
    for (const GuestDisk& disk : guest.disks)
      if (!disk.limits.empty()) limit_disk(qmp, disk);
  }

  // False: the guest has ended before it was whole.
  bool copy_of_running(const GuestFiles& files, const ProcessIdentity& process,
                       const GuestDisk& disk, const std::string& to, const DiskExtent& extent,
                       const std::function<void()>& keep_on) {
    base::ScopeExit end([&] { end_copies_despite_errors(files); });
    try {
      platform::run_checked(
          {"qemu-img", "create", "-q", "-f", "qcow2", to, fmt::format("{}", extent.virtual_size)});
      wait_until_copies_end(files);
      begin_copy_of(files, disk, to);
      while (!is_whole(files)) {
        keep_on();
        runtime_.executor.sleep_for(kLook * 5);
      }
      return true;
    } catch (const Error& error) {
      if (!does_not_answer(error) || platform::is_running(process)) throw;
      return false;
    }
  }

  void wait_until_copies_end(const GuestFiles& files) {
    const base::SteadyTime deadline = runtime_.clock.steady() + kQmpTimeout;
    while (!no_copy_is_left(files)) {
      if (runtime_.clock.steady() > deadline)
        throw Error(ErrorKind::timeout, "The guest's QEMU does not end a copy in time.");
      runtime_.executor.sleep_for(kLook);
    }
  }

  static bool no_copy_is_left(const GuestFiles& files) {
    QmpClient qmp(files.qmp(), kQmpTimeout);
    return drivers::end_copies(qmp);
  }

  static void begin_copy_of(const GuestFiles& files, const GuestDisk& disk, const std::string& to) {
    QmpClient qmp(files.qmp(), kQmpTimeout);
    begin_copy(qmp, node_of(load_definition(files), disk), to);
  }

  static bool is_whole(const GuestFiles& files) {
    QmpClient qmp(files.qmp(), kQmpTimeout);
    return is_copied(qmp);
  }

  static std::string node_of(const GuestDefinition& guest, const GuestDisk& disk) {
    for (size_t i = 0; i < guest.disks.size(); ++i)
      if (guest.disks[i].path == disk.path) return local_disk_node(i);
    throw Error(ErrorKind::not_found, "The guest does not have the disk.", disk.path);
  }

  // For a way out on which another error may be under way already; the next copy ends it, too.
  void end_copies_despite_errors(const GuestFiles& files) {
    try {
      wait_until_copies_end(files);
    } catch (const Error& error) {
      platform::log_warning("copy not ended guest={} error={}", files.directory, error.what());
    }
  }

  // A connection per look: others want to ask QEMU meanwhile, too.
  void wait_until_unplugged(const GuestFiles& files, const std::string& serial,
                            base::Duration patience) {
    const base::SteadyTime deadline = runtime_.clock.steady() + patience;
    while (!is_unplugged(files, serial)) {
      if (runtime_.clock.steady() > deadline)
        throw Error(ErrorKind::timeout, "The guest does not let go of the disk.", serial);
      runtime_.executor.sleep_for(kLook * 5);
    }
  }

  static bool is_unplugged(const GuestFiles& files, const std::string& serial) {
    QmpClient qmp(files.qmp(), kQmpTimeout);
    return unplug_disk(qmp, serial, name_in_guest(load_definition(files), serial));
  }

  // What a guest that runs calls the disk, or is to call it.
  static std::string name_in_guest(const GuestDefinition& guest, const std::string& serial) {
    for (const GuestDisk& disk : guest.disks)
      if (disk.serial == serial) return drivers::name_in_guest(disk);
    return free_name(guest, serial);
  }

  // On a full disk the secret, which goes first, leaves the room that the definition needs.
  static void forget_disk(const GuestFiles& files, const std::string& serial) {
    ::unlink(files.secret(serial).c_str());
    GuestDefinition guest = load_definition(files);
    if (remove_disk(guest, serial)) save_definition(files, guest);
  }

  // For a way out on which another error is under way already.
  static void forget_disk_despite_errors(const GuestFiles& files, const std::string& serial) {
    try {
      forget_disk(files, serial);
    } catch (const Error& error) {
      platform::log_warning("disk not forgotten guest={} serial={} error={}", files.directory,
                            serial, error.what());
    }
  }

  // True: the guest has shut down by itself.
  bool shut_down(const GuestFiles& files, const ProcessIdentity& process, base::Duration patience) {
    const base::SteadyTime deadline = runtime_.clock.steady() + patience;
    base::SteadyTime ask = runtime_.clock.steady();
    for (base::SteadyTime now = ask; now < deadline; now = runtime_.clock.steady()) {
      if (!platform::is_running(process)) return true;
      if (now >= ask) {
        if (!ask_to_shut_down(files)) return false;
        ask = now + kAskAgain;
      }
      runtime_.executor.sleep_for(kLook * 5);
    }
    return !platform::is_running(process);
  }

  // False: there is no way to ask it.
  static bool ask_to_shut_down(const GuestFiles& files) {
    try {
      static_cast<void>(command(files, "system_powerdown"));
    } catch (const Error&) {
      return false;
    }
    return true;
  }

  static void end(const GuestFiles& files, const ProcessIdentity& process) {
    try {
      static_cast<void>(command(files, "quit", kGrace));
    } catch (const Error&) {
      // A QEMU that does not listen is ended from outside.
    }
    platform::end_process(process, kGrace);
    ::unlink(files.pid().c_str());
  }

  QemuOptions options_;
  platform::Runtime runtime_;
  std::mutex mutex_;
  int64_t version_ = 0;  // 0: not asked yet
};

}  // namespace

std::unique_ptr<Hypervisor> make_qemu_hypervisor(QemuOptions options, platform::Runtime runtime) {
  return std::make_unique<QemuHypervisor>(std::move(options), runtime);
}

}  // namespace nova::drivers
