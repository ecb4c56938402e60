#include "neutron/drivers/linuxbridge/firewall.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <nftables/libnftables.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"

namespace neutron::drivers {
namespace {

// Bits of the mark, above any zone.
constexpr std::string_view kEstablished = "0x01000000";
constexpr std::string_view kInvalid = "0x02000000";

std::string chain_suffix(const FilteredPort& port) {
  return base::replace_all(port.port.id.substr(0, 11), "-", "_");
}

std::string state_accept(ConnectionTracking tracking) {
  if (tracking == ConnectionTracking::bridge)
    return "    ct state established,related accept\n    ct state invalid drop\n";
  return fmt::format("    meta mark & {0} == {0} accept\n    meta mark & {1} == {1} drop\n",
                     kEstablished, kInvalid);
}

// Names of nftables, so that reading the ruleset needs no table of numbers.
std::string protocol_match(const PortRule& rule) {
  if (!rule.protocol) return "";
  const int64_t protocol = *rule.protocol;
  const bool icmp = protocol == 1 || protocol == 58;
  std::string match = icmp && rule.ethertype == "IPv6" ? "meta l4proto 58 "
                                                       : fmt::format("meta l4proto {} ", protocol);
  if (!rule.port_min) return match;
  if (icmp) {
    const char* family = protocol == 58 || rule.ethertype == "IPv6" ? "icmpv6" : "icmp";
    match += fmt::format("{} type {} ", family, *rule.port_min);
    if (rule.port_max) match += fmt::format("{} code {} ", family, *rule.port_max);
    return match;
  }
  return match +
         fmt::format("th dport {}-{} ", *rule.port_min, rule.port_max.value_or(*rule.port_min));
}

std::string rule_text(const PortRule& rule) {
  const bool v6 = rule.ethertype == "IPv6";
  std::string text = v6 ? "    ether type ip6 " : "    ether type ip ";
  if (!rule.remotes.empty()) {
    text += fmt::format("{} {} {{ ", v6 ? "ip6" : "ip",
                        rule.direction == "ingress" ? "saddr" : "daddr");
    text += base::join(rule.remotes, ", ") + " } ";
  }
  return text + protocol_match(rule) + "accept\n";
}

std::string port_chain(ConnectionTracking tracking, const FilteredPort& port, bool ingress) {
  std::string text = fmt::format("  chain {}_{} {{\n    ether type arp accept\n",
                                 ingress ? "in" : "out", chain_suffix(port));
  text += state_accept(tracking);
  // Without neighbours and DHCP a port has no address to begin with.
  text += "    icmpv6 type { 130, 131, 132, 135, 136, 143 } accept\n";
  text += ingress ? "    icmpv6 type 134 accept\n    udp sport 67 udp dport 68 accept\n"
                    "    udp sport 547 udp dport 546 accept\n"
                  : "    icmpv6 type 133 accept\n    udp sport 68 udp dport 67 accept\n"
                    "    udp sport 546 udp dport 547 accept\n";
  for (const PortRule& rule : port.port.rules)
    if ((rule.direction == "ingress") == ingress) text += rule_text(rule);
  return text + "    drop\n  }\n";
}

bool is_v6(const std::string& address) { return address.find(':') != std::string::npos; }

// "0xfe80..." of the first `length` bits, the rest zero; nft 1.0.6 has no word for the target of a
// neighbour advertisement.
std::string as_number(const std::array<unsigned char, 16>& bytes, int length) {
  std::string text = "0x";
  for (int i = 0; i < 16; ++i) {
    const int bits = std::clamp(length - 8 * i, 0, 8);
    text += fmt::format("{:02x}", bytes.at(static_cast<size_t>(i)) & (0xff00 >> bits) & 0xff);
  }
  return text;
}

std::string target_match(const std::string& cidr) {
  const size_t slash = cidr.find('/');
  const int length = slash == std::string::npos
                         ? 128
                         : static_cast<int>(base::parse_integer(cidr.substr(slash + 1)).value());
  std::array<unsigned char, 16> address{};
  std::array<unsigned char, 16> ones{};
  ones.fill(0xff);
  ::inet_pton(AF_INET6, cidr.substr(0, slash).c_str(), address.data());
  return fmt::format("@th,64,128 & {} == {}", as_number(ones, length), as_number(address, length));
}

// RFC 4291: the address that a device with this MAC gives itself.
std::string link_local(const std::string& mac) {
  std::array<unsigned, 6> bytes{};
  for (size_t i = 0; i < bytes.size() && mac.size() == 17; ++i)
    bytes.at(i) = static_cast<unsigned>(std::stoul(mac.substr(3 * i, 2), nullptr, 16));
  return fmt::format("fe80::{:x}:{:x}:{:x}:{:x}", (bytes[0] ^ 2) << 8 | bytes[1],
                     bytes[2] << 8 | 0xff, 0xfe00 | bytes[3], bytes[4] << 8 | bytes[5]);
}

// (MAC, address or CIDR): what a guest may call itself.
using Identities = std::set<std::pair<std::string, std::string>>;

Identities identities_of(const HostPort& port) {
  Identities identities;
  std::set<std::string> macs{port.mac_address};
  for (const PortAddress& address : port.fixed_ips)
    identities.emplace(port.mac_address, address.ip_address);
  for (const AddressPair& pair : port.allowed_address_pairs) {
    macs.insert(pair.mac_address);
    identities.emplace(pair.mac_address, pair.ip_address);
  }
  for (const std::string& mac : macs) identities.emplace(mac, link_local(mac));
  return identities;
}

// Its own addresses and those it was allowed beside them, in ARP and neighbour discovery too; no
// answers of a DHCP server or a router.
std::string spoof_chain(const FilteredPort& port) {
  std::set<std::string> macs;
  std::string neighbours;
  std::string sources;
  for (const auto& [mac, address] : identities_of(port.port)) {
    macs.insert(mac);
    if (is_v6(address)) {
      neighbours += fmt::format("    {} return\n", target_match(address));
      sources +=
          fmt::format("    ether saddr {} ether type ip6 ip6 saddr {} return\n", mac, address);
    } else {
      sources += fmt::format(
          "    ether saddr {0} ether type arp arp saddr ether {0} arp saddr ip {1} return\n"
          "    ether saddr {0} ether type ip ip saddr {1} return\n",
          mac, address);
    }
  }
  const std::string suffix = chain_suffix(port);
  return fmt::format(
             "  chain neighbour_{} {{\n{}    drop\n  }}\n"
             "  chain spoof_{} {{\n    ether saddr != {{ {} }} drop\n",
             suffix, neighbours, suffix, base::join({macs.begin(), macs.end()}, ", ")) +
         "    ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 return\n"
         "    udp sport 67 udp dport 68 drop\n    udp sport 547 udp dport 546 drop\n"
         "    icmpv6 type 134 drop\n"
         "    ether type ip6 ip6 saddr :: icmpv6 type { 131, 135, 143 } return\n" +
         fmt::format("    icmpv6 type 136 jump neighbour_{}\n", suffix) + sources +
         "    drop\n  }\n";
}

std::string verdict_map(const char* name, const char* chain,
                        const std::vector<FilteredPort>& ports) {
  std::string elements;
  for (const FilteredPort& port : ports)
    elements += fmt::format("{}\"{}\" : jump {}_{}", elements.empty() ? "" : ", ", port.tap, chain,
                            chain_suffix(port));
  return fmt::format("  map {} {{\n    type ifname : verdict\n{}  }}\n", name,
                     elements.empty() ? "" : fmt::format("    elements = {{ {} }}\n", elements));
}

std::string zone_elements(const std::vector<FilteredPort>& ports,
                          const std::vector<ZoneDevice>& devices) {
  std::string elements;
  const auto add = [&](const std::string& device, int zone) {
    elements += fmt::format("{}\"{}\" : {}", elements.empty() ? "" : ", ", device, zone);
  };
  for (const FilteredPort& port : ports) add(port.tap, port.zone);
  for (const ZoneDevice& device : devices) add(device.device, device.zone);
  return elements;
}

std::set<int> zones_of(const std::vector<FilteredPort>& ports,
                       const std::vector<ZoneDevice>& devices) {
  std::set<int> zones;
  for (const FilteredPort& port : ports) zones.insert(port.zone);
  for (const ZoneDevice& device : devices) zones.insert(device.zone);
  return zones;
}

std::string state_name(uint32_t owner) { return fmt::format("nephele_ct_{:08x}", owner); }

// The inet side of ConnectionTracking::mark: packets carry their zone as mark when they come here.
std::string state_table(uint32_t owner, const std::set<int>& zones) {
  std::string map;
  for (const int zone : zones) map += fmt::format("{}{} : {}", map.empty() ? "" : ", ", zone, zone);
  return fmt::format(
      "table inet {} {{\n  chain raw {{\n"
      "    type filter hook prerouting priority raw; policy accept;\n"
      "    ct zone set meta mark map {{ {} }}\n  }}\n"
      "  chain pre {{\n    type filter hook prerouting priority 10; policy accept;\n"
      "    meta mark >= 1 meta mark <= 65535 ct state established,related meta mark set meta "
      "mark | {}\n"
      "    meta mark >= 1 meta mark <= 65535 ct state invalid meta mark set meta mark | {}\n"
      "  }}\n}}\n",
      state_name(owner), map, kEstablished, kInvalid);
}

std::string replace_table(const std::string& table) {
  return fmt::format("table {0}\ndelete table {0}\n", table);
}

std::string device_set(const char* name, const std::vector<std::string>& devices) {
  std::string elements;
  for (const std::string& device : devices)
    elements += fmt::format("{}\"{}\"", elements.empty() ? "" : ", ", device);
  return fmt::format("  set {} {{\n    type ifname\n{}  }}\n", name,
                     elements.empty() ? "" : fmt::format("    elements = {{ {} }}\n", elements));
}

// Two base chains on the way through the bridge: an accept in the first must not spare a packet
// the second.
constexpr std::string_view kBaseChains =
    "  chain pre {\n    type filter hook prerouting priority -300; policy accept;\n"
    "    meta mark set iifname map @zone\n    iifname vmap @spoof\n  }\n"
    "  chain from_ports {\n    type filter hook forward priority 0; policy accept;\n"
    "    iifname vmap @egress\n  }\n"
    "  chain to_ports {\n    type filter hook forward priority 10; policy accept;\n"
    "    oifname vmap @ingress\n  }\n"
    "  chain to_host {\n    type filter hook input priority 0; policy accept;\n"
    "    iifname @apart_from_host drop\n    iifname vmap @egress\n  }\n";

}  // namespace

std::string filter_table(uint32_t owner) { return fmt::format("nephele_sg_{:08x}", owner); }

std::string firewall_ruleset(const Firewall& firewall) {
  const auto& [owner, tracking, ports, devices, apart] = firewall;
  std::string text =
      replace_table("bridge " + filter_table(owner)) + replace_table("inet " + state_name(owner));
  if (ports.empty() && devices.empty()) return text;
  if (tracking == ConnectionTracking::mark) text += state_table(owner, zones_of(ports, devices));
  text += fmt::format("table bridge {} {{\n", filter_table(owner));
  text += fmt::format("  map zone {{\n    type ifname : mark\n    elements = {{ {} }}\n  }}\n",
                      zone_elements(ports, devices));
  text += device_set("apart_from_host", apart);
  for (const FilteredPort& port : ports)
    text +=
        spoof_chain(port) + port_chain(tracking, port, true) + port_chain(tracking, port, false);
  text += verdict_map("spoof", "spoof", ports) + verdict_map("ingress", "in", ports) +
          verdict_map("egress", "out", ports);
  return text.append(kBaseChains) + "}\n";
}

struct Nftables::State {
  nft_ctx* context = nft_ctx_new(NFT_CTX_DEFAULT);
};

Nftables::Nftables() : state_(std::make_unique<State>()) {
  nft_ctx_buffer_output(state_->context);
  nft_ctx_buffer_error(state_->context);
}

Nftables::~Nftables() { nft_ctx_free(state_->context); }

void Nftables::apply(const std::string& ruleset) {
  if (nft_run_cmd_from_buffer(state_->context, ruleset.c_str()) == 0) return;
  throw base::Error(base::ErrorKind::internal, "The kernel refused the filter of the ports.",
                    nft_ctx_get_error_buffer(state_->context));
}

bool Nftables::has_bridge_table(const std::string& name) {
  return nft_run_cmd_from_buffer(state_->context,
                                 fmt::format("list chain bridge {} to_host", name).c_str()) == 0;
}

ConnectionTracking Nftables::probe() {
  try {
    apply(
        "table bridge nephele_probe\ndelete table bridge nephele_probe\n"
        "table bridge nephele_probe { chain c { ct state established accept; }; }\n"
        "delete table bridge nephele_probe\n");
    return ConnectionTracking::bridge;
  } catch (const base::Error&) {
    return ConnectionTracking::mark;
  }
}

}  // namespace neutron::drivers
