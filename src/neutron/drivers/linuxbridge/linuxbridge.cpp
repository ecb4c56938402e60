#include <fmt/core.h>

#include <fstream>
#include <optional>

#include "base/error.hpp"
#include "neutron/drivers/l2_provider.hpp"
#include "neutron/drivers/linuxbridge/firewall.hpp"
#include "neutron/drivers/linuxbridge/netlink.hpp"
#include "platform/log.hpp"
#include "platform/owner_mark.hpp"

namespace neutron::drivers {
namespace {

constexpr std::string_view kBroadcast = "00:00:00:00:00:00";
constexpr int kZones = 60'000;

std::string vxlan_name(int64_t vni) { return fmt::format("vxlan-{}", vni); }

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

// What the host is to become.
struct Plan {
  std::set<std::string> made;                  // bridges and tunnels that stay
  std::map<std::string, std::string> members;  // device -> the bridge that it is in
  std::vector<std::pair<const HostNetwork*, const HostPort*>> ports;
  Firewall firewall;
};

class LinuxBridge final : public L2Provider {
 public:
  explicit LinuxBridge(LinuxBridgeOptions options)
      : options_(std::move(options)), number_(platform::owner_number(options_.owner)) {}

  std::set<std::string> apply(const std::vector<HostNetwork>& networks) override {
    problems_.clear();
    links_ = netlink_.links();
    Plan plan;
    plan.firewall.owner = number_;
    zones_.clear();
    for (const HostNetwork& network : networks) prepare_or_report(network, plan);
    // Filters first come and last go: no port is ever in a bridge without them.
    release_others(plan);
    apply_firewall(plan.firewall);
    std::set<std::string> wired;
    for (const auto& [network, port] : plan.ports)
      if (wire(*network, *port)) wired.insert(port->id);
    remove_strays(plan.made);
    return wired;
  }

  std::vector<std::string> problems() override { return problems_; }

  bool wait_for_change(base::Duration timeout) override { return monitor_.wait(timeout); }

 private:
  void prepare_or_report(const HostNetwork& network, Plan& plan) {
    const std::vector<const HostPort*> present = present_ports(network);
    if (present.empty()) return;
    try {
      prepare(network, present, plan);
    } catch (const base::Error& error) {
      platform::log_error("network not wired network={} error={}", network.id, error.what());
      problems_.push_back(fmt::format("Network {}: {}", network.id, error.message()));
    }
  }

  [[nodiscard]] std::vector<const HostPort*> present_ports(const HostNetwork& network) const {
    std::vector<const HostPort*> ports;
    for (const HostPort& port : network.ports)
      if (port.admin_state_up && network.admin_state_up && links_.contains(tap_name(port.id)))
        ports.push_back(&port);
    return ports;
  }

  void prepare(const HostNetwork& network, const std::vector<const HostPort*>& ports, Plan& plan) {
    const std::string bridge = bridge_name(network.id);
    const bool apart = network.segment.network_type != "flat";
    ensure_bridge(network);
    plan.made.insert(bridge);
    const int zone = zone_of(bridge);
    const auto add_device = [&](const std::string& device) {
      plan.members[device] = bridge;
      plan.firewall.devices.push_back({device, zone});
      if (apart) plan.firewall.apart_from_host.push_back(device);
    };
    if (const std::string uplink = ensure_uplink(network); !uplink.empty()) {
      if (apart) plan.made.insert(uplink);
      add_device(uplink);
    }
    for (const HostPort* port : ports) {
      const std::string tap = tap_name(port->id);
      plan.ports.emplace_back(&network, port);
      if (!filtered(*port)) {
        add_device(tap);
        continue;
      }
      plan.members[tap] = bridge;
      plan.firewall.ports.push_back({tap, zone, with_members(*port, network)});
      if (apart) plan.firewall.apart_from_host.push_back(tap);
    }
  }

  // The same network has the same zone as long as its bridge is there, so that its connections stay
  // known; no two networks of a host have the same, whoever made them.
  int zone_of(const std::string& bridge) {
    int candidate = get_link(bridge).index % kZones + 1;
    while (!zones_.insert(candidate).second) candidate = candidate % kZones + 1;
    return candidate;
  }

  [[nodiscard]] DeviceMark mark_of(const HostNetwork& network) const {
    return {platform::to_text({"network", network.id, options_.owner}), number_};
  }

  [[nodiscard]] bool ours(const Link& link) const {
    if (const auto mark = platform::parse_owner_mark(link.alias))
      return mark->kind == "network" && mark->owner == options_.owner &&
             (link.kind == "bridge" || link.kind == "vxlan");
    // Made, but not marked any more before the agent ended.
    return link.alias.empty() && link.group == number_;
  }

  // Throws base::Error(conflict) if the device is somebody else's.
  bool is_there(const std::string& name, const HostNetwork& network) {
    const auto found = links_.find(name);
    if (found == links_.end()) return false;
    if (!ours(found->second))
      throw base::Error(
          base::ErrorKind::conflict,
          fmt::format("The device {} of this host belongs to another ({}): if nobody needs it, "
                      "remove it with `ip link delete {}`.",
                      name, found->second.alias.empty() ? "not marked" : found->second.alias,
                      name));
    if (const DeviceMark mark = mark_of(network); found->second.alias != mark.alias)
      netlink_.set_alias(name, mark.alias);
    return true;
  }

  void ensure_bridge(const HostNetwork& network) {
    const std::string name = bridge_name(network.id);
    if (!is_there(name, network)) {
      netlink_.add_bridge(name, mark_of(network));
      // What is bridged is not the host's to talk to.
      std::ofstream("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6") << 1;
      links_ = netlink_.links();
    }
    const Link& bridge = get_link(name);
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
    if (!is_there(name, network)) {
      netlink_.add_vxlan(name, network.segment.segmentation_id, options_.local_ip,
                         mark_of(network));
      links_ = netlink_.links();
    }
    if (get_link(name).mtu != network.mtu) netlink_.set_mtu(name, network.mtu);
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
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("No device of this host is on physical network {}: add it to "
                                  "physical_interface_mappings.",
                                  network.segment.physical_network));
  }

  // Throws base::Error(conflict) if the device is in a bridge of somebody else.
  void join(const std::string& device, const HostNetwork& network) {
    const Link& link = get_link(device);
    const std::string bridge = bridge_name(network.id);
    if (link.master != get_link(bridge).index) {
      if (const Link* other = find_link(link.master); other && !ours(*other))
        throw base::Error(
            base::ErrorKind::conflict,
            fmt::format("The device {} is in {}, which belongs to another ({}).", device,
                        other->name, other->alias.empty() ? "not marked" : other->alias));
      netlink_.enslave(device, bridge);
    }
    if (!link.up) netlink_.set_up(device);
  }

  // A device may go at any moment.
  [[nodiscard]] const Link& get_link(const std::string& name) const {
    const auto found = links_.find(name);
    if (found != links_.end()) return found->second;
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("The device {} is not there any more.", name));
  }

  [[nodiscard]] const Link* find_link(int index) const {
    for (const auto& [name, link] : links_)
      if (link.index == index) return &link;
    return nullptr;
  }

  // False: the tap went away meanwhile.
  bool wire(const HostNetwork& network, const HostPort& port) {
    const std::string tap = tap_name(port.id);
    try {
      if (get_link(tap).mtu != network.mtu) netlink_.set_mtu(tap, network.mtu);
      join(tap, network);
      return true;
    } catch (const base::Error& error) {
      platform::log_warning("port not wired port={} error={}", port.id, error.what());
      if (error.kind() != base::ErrorKind::not_found)
        problems_.push_back(fmt::format("Port {}: {}", port.id, error.message()));
      return false;
    }
  }

  // Who is in a bridge of ours and not (any more) meant to be.
  void release_others(const Plan& plan) {
    for (const auto& [name, link] : links_) {
      const Link* bridge = link.master == 0 ? nullptr : find_link(link.master);
      if (!bridge || !ours(*bridge)) continue;
      const auto member = plan.members.find(name);
      if (member == plan.members.end() || member->second != bridge->name) netlink_.release(name);
    }
  }

  void apply_firewall(Firewall& firewall) {
    const bool empty = firewall.ports.empty() && firewall.devices.empty();
    if (!empty && !tracking_) {
      tracking_ = nftables_.probe();
      if (*tracking_ == ConnectionTracking::mark) enter_inet_from_bridges();
    }
    firewall.tracking = tracking_.value_or(ConnectionTracking::mark);
    const std::string ruleset = firewall_ruleset(firewall);
    // Looked for each time: others may flush the rules of the host.
    const bool present = nftables_.has_bridge_table(filter_table(number_));
    if (empty ? !present : present && ruleset == applied_) return;
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
  uint32_t number_;
  Netlink netlink_;
  LinkMonitor monitor_;
  Nftables nftables_;
  std::optional<ConnectionTracking> tracking_;
  std::string applied_;
  std::map<std::string, Link> links_;
  std::set<int> zones_;
  std::vector<std::string> problems_;
};

}  // namespace

std::unique_ptr<L2Provider> make_linuxbridge_provider(LinuxBridgeOptions options) {
  return std::make_unique<LinuxBridge>(std::move(options));
}

}  // namespace neutron::drivers
