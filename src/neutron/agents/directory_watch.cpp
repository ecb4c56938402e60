#include "neutron/agents/directory_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "platform/log.hpp"

namespace neutron::agents {

DirectoryWatch::DirectoryWatch(const std::string& directory)
    : descriptor_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  std::error_code ignored;
  std::filesystem::create_directories(directory, ignored);
  watching_ =
      ::inotify_add_watch(descriptor_, directory.c_str(), IN_CREATE | IN_DELETE | IN_ONLYDIR) >= 0;
  if (!watching_)
    platform::log_warning("directory is polled, for it can not be watched path={}", directory);
}

DirectoryWatch::~DirectoryWatch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool DirectoryWatch::wait(base::Duration timeout) {
  // poll(2) ignores a negative descriptor.
  pollfd item{watching_ ? descriptor_ : -1, POLLIN, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  if (::poll(&item, 1, static_cast<int>(limit)) <= 0) return !watching_;
  // What changed is looked at later.
  std::array<char, 4096> buffer{};
  while (::read(descriptor_, buffer.data(), buffer.size()) > 0) {
  }
  return true;
}

}  // namespace neutron::agents
