// Gives back the ports that hosts which are down have left.
#pragma once

#include <string>
#include <vector>

#include "nova/app/app.hpp"
#include "openstack/clients/port_bindings.hpp"

namespace nova::app {

// A request to Neutron may come true long after its sender has given up. A host that lives finds
// such ports itself; for one that is down, perhaps for good, nobody else would.
class StrayPorts {
 public:
  static constexpr base::Duration kInterval = std::chrono::minutes{1};

  explicit StrayPorts(App& app);
  // One round.
  void look();

 private:
  [[nodiscard]] std::vector<std::string> list_down_hosts();
  void look_after(const std::string& host);
  // Whether its server is on that host, or may still take the port: an operation is in progress.
  [[nodiscard]] bool is_kept(const openstack::clients::PortBinding& binding,
                             const std::string& host);

  App& app_;
  openstack::clients::PortBindings bindings_;
};

}  // namespace nova::app
