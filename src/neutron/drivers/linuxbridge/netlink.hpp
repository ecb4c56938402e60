// Links, their masters and forwarding entries over rtnetlink.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace neutron::drivers {

struct Link {
  int index = 0;
  std::string name;
  std::string kind;  // "bridge", "vxlan", "tun", "veth", ...
  int master = 0;    // index of the bridge it is in
  int64_t mtu = 0;
  bool up = false;
  std::string alias;
  uint32_t group = 0;
};

// What a device gets that is made here, so that it is known again: the group from its first moment
// on, the alias right after.
struct DeviceMark {
  std::string alias;
  uint32_t group = 0;
};

// One netlink socket of the network namespace in which it was made. Not thread-safe. Throws
// base::Error(unavailable) that names the missing permission, (conflict) if what is to be made is
// there already, or (internal) with the kernel's word.
class Netlink {
 public:
  Netlink();
  ~Netlink();
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;

  [[nodiscard]] std::map<std::string, Link> links();
  void add_bridge(const std::string& name, const DeviceMark& mark);
  void add_vxlan(const std::string& name, int64_t vni, const std::string& local_ip,
                 const DeviceMark& mark);
  void set_alias(const std::string& name, const std::string& alias);
  void set_up(const std::string& name);
  void set_mtu(const std::string& name, int64_t mtu);
  void enslave(const std::string& name, const std::string& bridge);
  // In no bridge any more.
  void release(const std::string& name);
  void remove(const std::string& name);
  // The entries of a VXLAN device, which is in a bridge, become exactly these: (MAC, VTEP);
  // "00:..." is for broadcast.
  void replace_forwarding(const std::string& device,
                          const std::vector<std::pair<std::string, std::string>>& entries);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Says when a link of this network namespace came, went or changed.
class LinkMonitor {
 public:
  LinkMonitor();
  ~LinkMonitor();
  LinkMonitor(const LinkMonitor&) = delete;
  LinkMonitor& operator=(const LinkMonitor&) = delete;
  // True: something changed since the last call; false: nothing did within `timeout`.
  bool wait(base::Duration timeout);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace neutron::drivers
