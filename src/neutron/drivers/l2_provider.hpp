// What wires ports on a host: Linux bridge here, others later. One conformance suite for all.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "neutron/messages.hpp"

namespace neutron::drivers {

// apply() is used by one task, wait_for_change() by another. All throw base::Error with what the
// host lacks.
class L2Provider {
 public:
  virtual ~L2Provider() = default;
  // Makes the host as the networks say: bridges, tunnels, forwarding entries and filters for every
  // port whose tap exists; removes what it made before and is in none of them. Ids of the ports
  // that are wired now.
  virtual std::set<std::string> apply(const std::vector<HostNetwork>& networks) = 0;
  // Waits until a device of the host came, went or changed: worth another apply(). False: nothing
  // did within `timeout`.
  virtual bool wait_for_change(base::Duration timeout) = 0;
};

struct LinuxBridgeOptions {
  std::string local_ip;  // VTEP address; empty: no VXLAN
  std::vector<std::pair<std::string, std::string>>
      interface_mappings;  // physical network -> device
};
[[nodiscard]] std::unique_ptr<L2Provider> make_linuxbridge_provider(LinuxBridgeOptions options);

}  // namespace neutron::drivers
