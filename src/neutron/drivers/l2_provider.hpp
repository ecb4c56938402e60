// What wires ports on a host: Linux bridge here, others later. One conformance suite for all.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "neutron/messages.hpp"

namespace neutron::drivers {

// apply() and problems() are used by one task, wait_for_change() by another. All throw base::Error
// with what the host lacks.
class L2Provider {
 public:
  virtual ~L2Provider() = default;
  // Makes the host as the networks say: bridges, tunnels, forwarding entries and filters for every
  // port whose tap exists; removes what it (or the same owner's agent before it) made and is in
  // none of them. What others made stays, and is never used. Ids of the ports that are wired now.
  // One network that can not be wired does not keep the others from it: see problems().
  virtual std::set<std::string> apply(const std::vector<HostNetwork>& networks) = 0;
  // What the last apply() could not do, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> problems() { return {}; }
  // Waits until a device of the host came, went or changed: worth another apply(). False: nothing
  // did within `timeout`.
  virtual bool wait_for_change(base::Duration timeout) = 0;
};

struct LinuxBridgeOptions {
  std::string owner;     // platform::owner_of_directory: whose the devices and filters are
  std::string local_ip;  // VTEP address; empty: no VXLAN
  std::vector<std::pair<std::string, std::string>>
      interface_mappings;  // physical network -> device
};
[[nodiscard]] std::unique_ptr<L2Provider> make_linuxbridge_provider(LinuxBridgeOptions options);

}  // namespace neutron::drivers
