#include "nova/drivers/hypervisor/qemu/guest_process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/text.hpp"
#include "nova/drivers/durable_file.hpp"

namespace nova::drivers {
namespace {

using platform::ProcessIdentity;

// QEMU's own arguments name the guest and its pid file; no other program's do both.
std::optional<ProcessIdentity> identify_guest(pid_t pid, const GuestFiles& files,
                                              const std::string& id) {
  const auto process = platform::identify_process(pid);
  if (!process) return std::nullopt;
  const auto arguments = platform::command_line(pid);
  const auto has = [&](const std::string& text) {
    return std::find(arguments.begin(), arguments.end(), text) != arguments.end();
  };
  return has(id) && has(files.pid()) ? process : std::nullopt;
}

std::optional<ProcessIdentity> look_through_all(const GuestFiles& files, const std::string& id) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = base::parse_integer(entry.path().filename().string());
    if (!pid) continue;
    if (const auto process = identify_guest(static_cast<pid_t>(*pid), files, id)) return process;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ProcessIdentity> find_guest_process(const GuestFiles& files, const std::string& id) {
  if (::access(files.pid().c_str(), F_OK) != 0) return std::nullopt;
  const auto pid = base::parse_integer(base::trim(read_from(files.pid())));
  return pid ? identify_guest(static_cast<pid_t>(*pid), files, id) : look_through_all(files, id);
}

std::optional<ProcessIdentity> search_guest_process(const GuestFiles& files,
                                                    const std::string& id) {
  const auto process = find_guest_process(files, id);
  return process ? process : look_through_all(files, id);
}

void lay_pid_file(const GuestFiles& files) {
  const int file = ::open(files.pid().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0)
    throw_file_error(errno, "The host could not write a file of the server.", files.pid());
  ::close(file);
}

}  // namespace nova::drivers
