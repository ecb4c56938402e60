#include "nova/compute/tap.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace nova::compute {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& name) { return fs::path("/sys/class/net") / name; }

bool exists(const std::string& name) { return fs::exists(folder_of(name)); }

// A tap as it is held open: it goes when this does, unless it is told to persist.
class OpenTap {
 public:
  explicit OpenTap(const std::string& name)
      : name_(name), descriptor_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
    if (descriptor_ < 0) fail("open /dev/net/tun for");
    base::ScopeExit close_tun([&] { ::close(descriptor_); });
    ifreq request{};
    // QEMU opens the tap with the same flags.
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (name.size() >= sizeof request.ifr_name) fail("name too long:");
    std::memcpy(request.ifr_name, name.c_str(), name.size() + 1);
    if (::ioctl(descriptor_, TUNSETIFF, &request) != 0) fail("make tap");
    close_tun.release();
  }
  ~OpenTap() { ::close(descriptor_); }
  OpenTap(const OpenTap&) = delete;
  OpenTap& operator=(const OpenTap&) = delete;

  // Only processes of this user may open it: QEMU is one, without any capability.
  void keep_for_this_user() const {
    if (::ioctl(descriptor_, TUNSETOWNER, static_cast<unsigned long>(::geteuid())) != 0)
      fail("own tap");
  }
  void set_persistence(int persistent) const {
    if (::ioctl(descriptor_, TUNSETPERSIST, persistent) != 0) fail("keep tap");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw base::Error(base::ErrorKind::unavailable,
                      "The host can not make network interfaces for guests: nova-compute needs "
                      "CAP_NET_ADMIN and /dev/net/tun.",
                      fmt::format("{} {}: {}", what, name_, std::strerror(errno)));
  }
  std::string name_;
  int descriptor_;
};

struct FreeNetlink {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};

// By netlink: the file of the alias is root's, and this process may have CAP_NET_ADMIN only.
void write_mark(const std::string& name, const platform::OwnerMark& mark) {
  const std::unique_ptr<nl_sock, FreeNetlink> socket(nl_socket_alloc());
  const std::unique_ptr<rtnl_link, FreeNetlink> device(rtnl_link_alloc());
  const std::unique_ptr<rtnl_link, FreeNetlink> changes(rtnl_link_alloc());
  if (!socket || !device || !changes) throw std::bad_alloc();
  rtnl_link_set_ifindex(device.get(), static_cast<int>(::if_nametoindex(name.c_str())));
  rtnl_link_set_ifalias(changes.get(), to_text(mark).c_str());
  int result = nl_connect(socket.get(), NETLINK_ROUTE);
  if (result >= 0) result = rtnl_link_change(socket.get(), device.get(), changes.get(), 0);
  if (result < 0)
    throw base::Error(base::ErrorKind::internal, "The host could not mark a network interface.",
                      fmt::format("{}: {}", name, nl_geterror(result)));
}

}  // namespace

void ensure_tap(const std::string& name, const platform::OwnerMark& mark) {
  if (exists(name)) {
    const auto found = mark_of_device(name);
    if (found && found->owner == mark.owner) return write_mark(name, mark);
    throw base::Error(base::ErrorKind::conflict,
                      fmt::format("The device {0} of this host belongs to another ({1}): if nobody "
                                  "needs it, remove it with `ip link delete {0}`.",
                                  name, found ? to_text(*found) : "not marked"));
  }
  const OpenTap tap(name);
  write_mark(name, mark);
  tap.keep_for_this_user();
  tap.set_persistence(1);
}

void remove_tap(const std::string& name) {
  if (exists(name)) OpenTap(name).set_persistence(0);
}

std::optional<platform::OwnerMark> mark_of_device(const std::string& name) {
  std::ifstream file(folder_of(name) / "ifalias");
  std::string alias;
  std::getline(file, alias);
  return platform::parse_owner_mark(alias);
}

}  // namespace nova::compute
