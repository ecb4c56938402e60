#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "neutron/drivers/l2_provider.hpp"
#include "neutron/drivers/linuxbridge/firewall.hpp"
#include "neutron/drivers/linuxbridge/netlink.hpp"
#include "platform/log.hpp"

namespace neutron::drivers {
namespace {

constexpr std::string_view kBroadcast = "00:00:00:00:00:00";
constexpr size_t kDeviceNameLimit = 15;
constexpr unsigned kZones = 60'000;

std::string vxlan_name(int64_t vni) { return fmt::format("vxlan-{}", vni); }

bool ours(const Link& link) {
  return (link.kind == "bridge" && link.name.starts_with("brq")) ||
         (link.kind == "vxlan" && link.name.starts_with("vxlan-"));
}

// The port with the members of remote groups as remotes of its rules.
HostPort with_members(HostPort port, const HostNetwork& network) {
  for (PortRule& rule : port.rules) {
    const auto members = network.group_members.find(rule.remote_group);
    if (members == network.group_members.end()) continue;
    for (const std::string& cidr : members->second)
      if ((cidr.find(':') != std::string::npos) == (rule.ethertype == "IPv6"))
        rule.remotes.push_back(cidr);
  }
  return port;
}

bool filtered(const HostPort& port) {
  return port.port_security_enabled && !port.device_owner.starts_with("network:");
}

class LinuxBridge final : public L2Provider {
 public:
  explicit LinuxBridge(LinuxBridgeOptions options) : options_(std::move(options)) {}

  std::set<std::string> apply(const std::vector<HostNetwork>& networks) override {
    links_ = netlink_.links();
    std::set<std::string> wired;
    std::set<std::string> wanted;  // devices
    std::vector<FilteredPort> ports;
    std::vector<ZoneDevice> devices;
    zones_.clear();
    for (const HostNetwork& network : networks) {
      const std::vector<const HostPort*> present = present_ports(network);
      if (present.empty()) continue;
      const int zone = zone_of(network.id);
      wanted.insert(bridge_name(network.id));
      ensure_bridge(network);
      if (const std::string uplink = ensure_uplink(network); !uplink.empty()) {
        wanted.insert(uplink);
        devices.push_back({uplink, zone});
      }
      for (const HostPort* port : present) {
        if (filtered(*port))
          ports.push_back({tap_name(port->id), zone, with_members(*port, network)});
        else
          devices.push_back({tap_name(port->id), zone});
      }
    }
    // Filters before wires: no port is ever open for a moment.
    apply_firewall(ports, devices);
    for (const HostNetwork& network : networks)
      for (const HostPort* port : present_ports(network))
        if (wire(network, *port)) wired.insert(port->id);
    remove_strays(wanted);
    return wired;
  }

  bool wait_for_change(base::Duration timeout) override { return monitor_.wait(timeout); }

 private:
  [[nodiscard]] std::vector<const HostPort*> present_ports(const HostNetwork& network) const {
    std::vector<const HostPort*> ports;
    for (const HostPort& port : network.ports)
      if (links_.contains(tap_name(port.id))) ports.push_back(&port);
    return ports;
  }

  // The same network has the same zone as long as it is here, so that its connections stay known.
  int zone_of(const std::string& network_id) {
    unsigned candidate = static_cast<unsigned>(std::hash<std::string>{}(network_id) % kZones) + 1;
    while (!zones_.insert(static_cast<int>(candidate)).second) candidate = candidate % kZones + 1;
    return static_cast<int>(candidate);
  }

  void ensure_bridge(const HostNetwork& network) {
    const std::string name = bridge_name(network.id);
    if (!links_.contains(name)) {
      netlink_.add_bridge(name);
      // No spanning tree: a port forwards at once.
      std::ofstream("/sys/class/net/" + name + "/bridge/forward_delay") << 0;
      links_ = netlink_.links();
    }
    const Link& bridge = links_.at(name);
    if (bridge.mtu != network.mtu) netlink_.set_mtu(name, network.mtu);
    if (!bridge.up) netlink_.set_up(name);
  }

  // What joins the bridge to other hosts; empty for a local network.
  std::string ensure_uplink(const HostNetwork& network) {
    if (network.segment.network_type == "vxlan") return ensure_vxlan(network);
    if (network.segment.network_type == "flat") return ensure_flat(network);
    return {};
  }

  std::string ensure_vxlan(const HostNetwork& network) {
    if (options_.local_ip.empty()) return {};
    const std::string name = vxlan_name(network.segment.segmentation_id);
    if (!links_.contains(name)) {
      netlink_.add_vxlan(name, network.segment.segmentation_id, options_.local_ip);
      links_ = netlink_.links();
    }
    join(name, network);
    std::vector<std::pair<std::string, std::string>> entries;
    for (const std::string& vtep : network.vteps) entries.emplace_back(kBroadcast, vtep);
    for (const ForwardingEntry& entry : network.forwarding)
      entries.emplace_back(entry.mac_address, entry.vtep);
    netlink_.replace_forwarding(name, entries);
    return name;
  }

  std::string ensure_flat(const HostNetwork& network) {
    for (const auto& [physical_network, device] : options_.interface_mappings) {
      if (physical_network != network.segment.physical_network) continue;
      if (!links_.contains(device))
        throw base::Error(base::ErrorKind::unavailable,
                          fmt::format("The device {} of physical network {} is not there: correct "
                                      "physical_interface_mappings.",
                                      device, physical_network));
      join(device, network);
      return device;
    }
    return {};
  }

  void join(const std::string& device, const HostNetwork& network) {
    const Link& link = links_.at(device);
    if (link.mtu != network.mtu && device.size() <= kDeviceNameLimit)
      netlink_.set_mtu(device, network.mtu);
    if (link.master != links_.at(bridge_name(network.id)).index)
      netlink_.enslave(device, bridge_name(network.id));
    if (!link.up) netlink_.set_up(device);
  }

  // False: the tap went away meanwhile.
  bool wire(const HostNetwork& network, const HostPort& port) {
    try {
      if (!port.admin_state_up || !network.admin_state_up) return false;
      join(tap_name(port.id), network);
      return true;
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::unavailable) throw;
      platform::log_warning("port not wired port={} error={}", port.id, error.what());
      return false;
    }
  }

  void apply_firewall(const std::vector<FilteredPort>& ports,
                      const std::vector<ZoneDevice>& devices) {
    if (!tracking_) {
      tracking_ = nftables_.probe();
      if (*tracking_ == ConnectionTracking::mark) enter_inet_from_bridges();
    }
    const std::string ruleset = firewall_ruleset(*tracking_, ports, devices);
    if (ruleset == applied_) return;
    nftables_.apply(ruleset);
    applied_ = ruleset;
  }

  static void enter_inet_from_bridges() {
    for (const char* family : {"iptables", "ip6tables"}) {
      std::ofstream file(fmt::format("/proc/sys/net/bridge/bridge-nf-call-{}", family));
      if (!(file << 1 << std::flush))
        throw base::Error(base::ErrorKind::unavailable,
                          "Security groups need connection tracking of bridged packets: load the "
                          "module br_netfilter (or nf_conntrack_bridge).");
    }
  }

  void remove_strays(const std::set<std::string>& wanted) {
    for (const auto& [name, link] : netlink_.links())
      if (ours(link) && !wanted.contains(name)) netlink_.remove(name);
  }

  LinuxBridgeOptions options_;
  Netlink netlink_;
  LinkMonitor monitor_;
  Nftables nftables_;
  std::optional<ConnectionTracking> tracking_;
  std::string applied_;
  std::map<std::string, Link> links_;
  std::set<int> zones_;
};

}  // namespace

std::unique_ptr<L2Provider> make_linuxbridge_provider(LinuxBridgeOptions options) {
  return std::make_unique<LinuxBridge>(std::move(options));
}

}  // namespace neutron::drivers
