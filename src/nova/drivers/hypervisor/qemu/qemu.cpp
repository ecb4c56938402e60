#include "nova/drivers/hypervisor/qemu/qemu.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/described.hpp"
#include "base/text.hpp"
#include "nova/drivers/hypervisor/qemu/command_line.hpp"
#include "nova/drivers/hypervisor/qemu/qmp.hpp"
#include "platform/process.hpp"
#include "platform/waiting.hpp"

namespace nova::drivers {

BOOST_DESCRIBE_STRUCT(GuestDisk, (), (path, format, read_only))
BOOST_DESCRIBE_STRUCT(GuestInterface, (), (tap, mac_address))
BOOST_DESCRIBE_STRUCT(GuestDefinition, (), (id, name, vcpus, memory_mib, disks, interfaces))

namespace {

using base::Error;
using base::ErrorKind;

constexpr base::Duration kQmpTimeout = std::chrono::seconds{10};
constexpr base::Duration kStartPatience = std::chrono::seconds{30};
constexpr base::Duration kLook = std::chrono::milliseconds{10};
constexpr std::streamoff kConsoleTail = 100 << 10;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The last line that QEMU logged: why it did not start.
std::string last_words(const GuestFiles& files) {
  const std::string log(base::trim(read_file(files.log())));
  return log.substr(log.rfind('\n') == std::string::npos ? 0 : log.rfind('\n') + 1);
}

class QemuHypervisor final : public Hypervisor {
 public:
  QemuHypervisor(QemuOptions options, platform::Runtime runtime)
      : options_(std::move(options)), runtime_(runtime), version_(read_version()) {}

  HostResources resources() override {
    HostResources host;
    host.hypervisor_type = "QEMU";
    host.hypervisor_version = version_;
    host.virt_type = options_.virt_type;
    host.vcpus = std::max(1U, std::thread::hardware_concurrency());
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    host.memory_mib = pages * (::sysconf(_SC_PAGESIZE) / 1024) / 1024;
    host.cpu_info = fmt::format(
        R"({{"arch":"x86_64","model":"{}","vendor":"","features":[],"topology":{{"cores":{},"threads":1,"sockets":1}}}})",
        options_.virt_type == "kvm" ? "host" : "qemu64", host.vcpus);
    return host;
  }

  void start(const GuestDefinition& guest) override {
    platform::assert_may_wait("hypervisor.start");
    const GuestFiles files = files_of(guest.id);
    if (find_process(guest.id)) return;
    std::filesystem::create_directories(files.directory);
    save(files, guest);
    ::unlink(files.qmp().c_str());
    ::unlink(files.pid().c_str());
    const pid_t pid = platform::start_daemon(
        qemu_arguments(options_.program, options_.virt_type, guest, files), files.log());
    wait_until_running(guest.id, files, pid);
  }

  void stop(const std::string& id, StopMode mode, base::Duration patience) override {
    platform::assert_may_wait("hypervisor.stop");
    const auto process = find_process(id);
    if (!process) return;
    if (mode == StopMode::clean && shut_down(id, *process, patience)) return;
    end(id, *process);
  }

  void reboot(const std::string& id, StopMode mode, base::Duration patience) override {
    const GuestDefinition guest = load(id);
    stop(id, mode, patience);
    start(guest);
  }

  void pause(const std::string& id) override { static_cast<void>(command(id, "stop")); }
  void resume(const std::string& id) override { static_cast<void>(command(id, "cont")); }

  void remove(const std::string& id) override {
    stop(id, StopMode::hard, base::Duration{0});
    const GuestFiles files = files_of(id);
    for (const std::string& path :
         {files.qmp(), files.pid(), files.console(), files.log(), files.definition()})
      ::unlink(path.c_str());
  }

  PowerState power_state(const std::string& id) override {
    if (!std::filesystem::exists(files_of(id).definition())) return PowerState::none;
    if (!find_process(id)) return PowerState::shutdown;
    const std::string status = base::text_or(command(id, "query-status"), "status");
    if (status == "running") return PowerState::running;
    if (status == "paused" || status == "suspended") return PowerState::paused;
    if (status == "shutdown") return PowerState::shutdown;
    return status == "guest-panicked" || status == "internal-error" ? PowerState::crashed
                                                                    : PowerState::running;
  }

  std::vector<std::string> list_guests() override {
    std::vector<std::string> ids;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory))
      if (std::filesystem::exists(entry.path() / "definition.json"))
        ids.push_back(entry.path().filename().string());
    return ids;
  }

  std::string console_output(const std::string& id) override {
    std::ifstream file(files_of(id).console(), std::ios::binary | std::ios::ate);
    if (!file) return {};
    const std::streamoff size = file.tellg();
    file.seekg(std::max<std::streamoff>(0, size - kConsoleTail));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  [[nodiscard]] GuestFiles files_of(const std::string& id) const {
    return {options_.directory + "/" + id};
  }

  int64_t read_version() const {
    // "QEMU emulator version 7.2.22 (Debian ...)"
    const std::string text = platform::run_checked({options_.program, "--version"});
    const size_t at = text.find("version ");
    if (at == std::string::npos) return 0;
    int64_t version = 0;
    for (const std::string_view part : base::split(
             std::string_view(text).substr(at + 8, text.find_first_of(" \n", at + 8) - at - 8),
             '.'))
      version = version * 1000 + base::parse_integer(part).value_or(0);
    return version;
  }

  static void save(const GuestFiles& files, const GuestDefinition& guest) {
    const std::string draft = files.definition() + ".new";
    std::ofstream(draft) << base::to_text(base::to_json(guest));
    std::filesystem::rename(draft, files.definition());
  }

  [[nodiscard]] GuestDefinition load(const std::string& id) const {
    const std::string text = read_file(files_of(id).definition());
    if (text.empty()) throw Error(ErrorKind::not_found, "The guest is not on this host.", id);
    return base::from_json<GuestDefinition>(base::parse_json(text));
  }

  // The process of the pid file, if it really is this guest's: a pid may have been given anew.
  [[nodiscard]] std::optional<platform::ProcessIdentity> find_process(const std::string& id) const {
    const auto pid = base::parse_integer(base::trim(read_file(files_of(id).pid())));
    if (!pid) return std::nullopt;
    const auto process = platform::identify_process(static_cast<pid_t>(*pid));
    if (!process) return std::nullopt;
    const auto arguments = platform::command_line(process->pid);
    const bool ours = std::find(arguments.begin(), arguments.end(), id) != arguments.end();
    return ours ? process : std::nullopt;
  }

  base::Json command(const std::string& id, const std::string& name) {
    QmpClient qmp(files_of(id).qmp(), kQmpTimeout);
    return qmp.execute(name);
  }

  void wait_until_running(const std::string& id, const GuestFiles& files, pid_t pid) {
    const base::SteadyTime deadline = runtime_.clock.steady() + kStartPatience;
    for (;;) {
      if (find_process(id)) {
        try {
          if (base::text_or(command(id, "query-status"), "status") == "running") return;
        } catch (const Error& error) {
          if (error.kind() != ErrorKind::unavailable) throw;
        }
      } else if (!platform::identify_process(pid)) {
        throw Error(ErrorKind::internal, "The guest's QEMU did not start.", last_words(files));
      }
      if (runtime_.clock.steady() > deadline)
        throw Error(ErrorKind::timeout, "The guest's QEMU did not start in time.",
                    last_words(files));
      runtime_.executor.sleep_for(kLook);
    }
  }

  // True: the guest has shut down by itself.
  bool shut_down(const std::string& id, const platform::ProcessIdentity& process,
                 base::Duration patience) {
    static_cast<void>(command(id, "system_powerdown"));
    const base::SteadyTime deadline = runtime_.clock.steady() + patience;
    while (runtime_.clock.steady() < deadline) {
      if (!platform::is_running(process)) return true;
      runtime_.executor.sleep_for(kLook * 5);
    }
    return false;
  }

  void end(const std::string& id, const platform::ProcessIdentity& process) {
    try {
      static_cast<void>(command(id, "quit"));
    } catch (const Error&) {
      // A QEMU that does not listen is ended from outside.
    }
    platform::end_process(process, std::chrono::seconds{3});
  }

  QemuOptions options_;
  platform::Runtime runtime_;
  int64_t version_;
};

}  // namespace

std::unique_ptr<Hypervisor> make_qemu_hypervisor(QemuOptions options, platform::Runtime runtime) {
  return std::make_unique<QemuHypervisor>(std::move(options), runtime);
}

}  // namespace nova::drivers
