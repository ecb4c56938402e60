#include "cinder/drivers/volume/file/disk_exports.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cinder/drivers/volume/file/file_error.hpp"
#include "cinder/drivers/volume/file/whole_file.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::ProcessIdentity;

constexpr std::string_view kPidSuffix = ".pid";
// What it has not written yet is lost when it is killed.
constexpr base::Duration kEndPatience = std::chrono::seconds{60};

// A comma separates QEMU's options.
std::string option_text(const std::string& path) { return base::replace_all(path, ",", ",,"); }

std::string mount_option(const std::string& path) { return "mountpoint=" + option_text(path); }

// The daemon that has written the pid file, if it still is the one that serves that path.
std::optional<ProcessIdentity> find_daemon(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path + std::string(kPidSuffix)) >> std::ws, line);
  const auto pid = base::parse_integer(base::trim(line));
  if (!pid) return std::nullopt;
  const std::string wanted = mount_option(path);
  for (const std::string& argument : platform::command_line(static_cast<pid_t>(*pid)))
    if (argument.find(wanted) != std::string::npos)
      return platform::identify_process(static_cast<pid_t>(*pid));
  return std::nullopt;
}

void start_daemon_at(const std::string& path, const std::string& image, bool writable) {
  OpenFile(path, O_RDWR | O_CREAT).sync();
  const std::string on = writable ? "on" : "off";
  platform::run_checked(
      {"qemu-storage-daemon", "--daemonize", "--pidfile", path + std::string(kPidSuffix),
       "--blockdev",
       fmt::format("driver=qcow2,node-name=disk,read-only={},discard=unmap,detect-zeroes=unmap,"
                   "backing=,file.driver=file,file.filename={}",
                   writable ? "off" : "on", option_text(image)),
       "--export",
       fmt::format("type=fuse,id=disk,node-name=disk,writable={},growable=off,allow-other=off,{}",
                   on, mount_option(path))});
}

}  // namespace

struct DiskExports::Numbered {
  std::string name;
  int64_t number = 0;
  std::string path;
};

DiskExports::DiskExports(std::string directory)
    : directory_(std::filesystem::absolute(std::move(directory)).string()) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
  if (error)
    throw Error(ErrorKind::unavailable, "can not make the directory " + directory_,
                error.message());
}

// Of that name, or of all if it is empty; in order of their numbers.
std::vector<DiskExports::Numbered> DiskExports::select(std::string_view name) const {
  std::vector<Numbered> found;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    const std::string file = entry.path().filename().string();
    const size_t dot = file.find('.');
    if (dot == std::string::npos || (!name.empty() && file.substr(0, dot) != name)) continue;
    if (const auto number = base::parse_integer(file.substr(dot + 1)))
      found.push_back({file.substr(0, dot), *number, entry.path().string()});
  }
  std::sort(found.begin(), found.end(),
            [](const Numbered& a, const Numbered& b) { return a.number < b.number; });
  return found;
}

std::string DiskExports::find(const std::string& name) const {
  for (const Numbered& one : select(name))
    if (find_daemon(one.path)) return one.path;
  return {};
}

// Whoever has the file of a daemon that died open would never learn of the new one if that had the
// same name.
std::string DiskExports::ensure(const std::string& name, const std::string& image,
                                bool writable) const {
  int64_t number = 1;
  for (const Numbered& one : select(name)) {
    if (find_daemon(one.path)) return one.path;
    clear(one);
    number = one.number + 1;
  }
  const std::string path = fmt::format("{}/{}.{}", directory_, name, number);
  try {
    start_daemon_at(path, image, writable);
  } catch (const Error&) {
    // What replaces one that was lost still is lost, so that it is tried again: the kernel may hold
    // the image for a moment after its daemon's end.
    if (number == 1) clear({name, number, path});
    throw;
  }
  return path;
}

void DiskExports::end(const std::string& name) const {
  for (const Numbered& one : select(name)) clear(one);
}

void DiskExports::end_all(std::string_view prefix) const {
  for (const Numbered& one : select(""))
    if (one.name.starts_with(prefix)) clear(one);
}

std::vector<DiskExports::Listed> DiskExports::list() const {
  std::vector<Listed> all;
  for (const Numbered& one : select(""))
    all.push_back({one.name, find_daemon(one.path).has_value()});
  return all;
}

void DiskExports::clear(const Numbered& one) const {
  if (const auto daemon = find_daemon(one.path)) platform::end_process(*daemon, kEndPatience);
  // One that was killed leaves its mount behind.
  ::umount2(one.path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  ::unlink((one.path + std::string(kPidSuffix)).c_str());
  ::unlink(one.path.c_str());
}

}  // namespace cinder::drivers
