// Security groups and anti-spoofing as nftables rulesets, replaced as a whole and at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "neutron/messages.hpp"

namespace neutron::drivers {

// How a rule of the bridge family learns of a connection's state.
enum class ConnectionTracking {
  bridge,  // `ct state` in the bridge family: the kernel has nf_conntrack_bridge
  mark,    // the inet family, entered through br_netfilter, writes it into the packet's mark
};

// A port whose tap is there, in the zone of its network: equal addresses on two networks never
// meet.
struct FilteredPort {
  std::string tap;
  int zone = 0;
  HostPort port;
};
// Another device of a bridge (VXLAN, uplink, unfiltered tap): its packets need the network's zone
// too.
struct ZoneDevice {
  std::string device;
  int zone = 0;
};

// What a host filters. Agents that share a host have tables of their own, told apart by `owner`.
struct Firewall {
  uint32_t owner = 0;
  ConnectionTracking tracking = ConnectionTracking::mark;
  std::vector<FilteredPort> ports;
  std::vector<ZoneDevice> devices;
  // Of the above, those whose frames never come to the host's own addresses.
  std::vector<std::string> apart_from_host;
};

// "nephele_sg_0a1b2c3d": the table of the bridge family.
[[nodiscard]] std::string filter_table(uint32_t owner);
// The text for `nft -f`; without ports and devices it only removes the tables. Pure: what it is
// given, and nothing else, decides.
[[nodiscard]] std::string firewall_ruleset(const Firewall& firewall);

// nftables in this process. Not thread-safe.
class Nftables {
 public:
  Nftables();
  ~Nftables();
  Nftables(const Nftables&) = delete;
  Nftables& operator=(const Nftables&) = delete;
  // All or nothing. Throws base::Error(internal) with nft's own words.
  void apply(const std::string& ruleset);
  // Somebody else may have removed it ("flush ruleset").
  [[nodiscard]] bool has_bridge_table(const std::string& name);
  // Found by trying; never by a version.
  [[nodiscard]] ConnectionTracking probe();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace neutron::drivers
