#include "nova/compute/tap.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace nova::compute {
namespace {

bool exists(const std::string& name) { return std::filesystem::exists("/sys/class/net/" + name); }

void set_persistence(const std::string& name, int persistent) {
  const auto fail = [&](const char* what) {
    throw base::Error(base::ErrorKind::unavailable,
                      "The host can not make network interfaces for guests: nova-compute needs "
                      "CAP_NET_ADMIN and /dev/net/tun.",
                      fmt::format("{} {}: {}", what, name, std::strerror(errno)));
  };
  const int tun = ::open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (tun < 0) fail("open /dev/net/tun for");
  base::ScopeExit close_tun([&] { ::close(tun); });
  ifreq request{};
  // QEMU opens the tap with the same flags.
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (name.size() >= sizeof request.ifr_name) fail("name too long:");
  std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
  if (::ioctl(tun, TUNSETIFF, &request) != 0) fail("make tap");
  if (::ioctl(tun, TUNSETPERSIST, persistent) != 0) fail("keep tap");
}

}  // namespace

void ensure_tap(const std::string& name) {
  if (!exists(name)) set_persistence(name, 1);
}

void remove_tap(const std::string& name) {
  if (exists(name)) set_persistence(name, 0);
}

}  // namespace nova::compute
