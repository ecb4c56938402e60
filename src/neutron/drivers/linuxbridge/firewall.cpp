#include "neutron/drivers/linuxbridge/firewall.hpp"

#include <fmt/core.h>
#include <nftables/libnftables.h>

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

// What a guest may call itself: its own addresses and those it was allowed beside them.
std::string spoof_chain(const FilteredPort& port) {
  std::set<std::string> macs{port.port.mac_address};
  std::set<std::pair<std::string, std::string>> pairs;
  for (const PortAddress& address : port.port.fixed_ips)
    pairs.emplace(port.port.mac_address, address.ip_address);
  for (const AddressPair& pair : port.port.allowed_address_pairs) {
    macs.insert(pair.mac_address);
    pairs.emplace(pair.mac_address, pair.ip_address);
  }
  std::string text = fmt::format("  chain spoof_{} {{\n    ether saddr != {{ {} }} drop\n",
                                 chain_suffix(port), base::join({macs.begin(), macs.end()}, ", "));
  text +=
      "    ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 return\n"
      "    udp sport 67 udp dport 68 drop\n    udp sport 547 udp dport 546 drop\n"
      "    icmpv6 type 134 drop\n    ether type ip6 ip6 saddr :: icmpv6 type { 131, 135, 143 } "
      "return\n"
      "    ether type ip6 ip6 saddr fe80::/10 return\n";
  for (const auto& [mac, address] : pairs) {
    if (is_v6(address)) {
      text += fmt::format("    ether saddr {} ether type ip6 ip6 saddr {} return\n", mac, address);
      continue;
    }
    text += fmt::format(
        "    ether saddr {0} ether type arp arp saddr ether {0} arp saddr ip {1} return\n"
        "    ether saddr {0} ether type ip ip saddr {1} return\n",
        mac, address);
  }
  return text + "    drop\n  }\n";
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

// The inet side of ConnectionTracking::mark: packets carry their zone as mark when they come here.
std::string state_table(const std::set<int>& zones) {
  std::string map;
  for (const int zone : zones) map += fmt::format("{}{} : {}", map.empty() ? "" : ", ", zone, zone);
  std::string text =
      "table inet nephele_ct {\n  chain raw {\n"
      "    type filter hook prerouting priority raw; policy accept;\n";
  if (!map.empty()) text += fmt::format("    ct zone set meta mark map {{ {} }}\n", map);
  text += "  }\n  chain pre {\n    type filter hook prerouting priority 10; policy accept;\n";
  if (!map.empty())
    text += fmt::format(
        "    meta mark >= 1 meta mark <= 65535 ct state established,related meta mark set meta "
        "mark | {}\n"
        "    meta mark >= 1 meta mark <= 65535 ct state invalid meta mark set meta mark | {}\n",
        kEstablished, kInvalid);
  return text + "  }\n}\n";
}

std::string replace_table(const char* table) {
  return fmt::format("table {0}\ndelete table {0}\n", table);
}

}  // namespace

std::string firewall_ruleset(ConnectionTracking tracking, const std::vector<FilteredPort>& ports,
                             const std::vector<ZoneDevice>& devices) {
  std::string text = replace_table("bridge nephele_sg") + replace_table("inet nephele_ct");
  if (tracking == ConnectionTracking::mark) text += state_table(zones_of(ports, devices));
  text += "table bridge nephele_sg {\n";
  const std::string zones = zone_elements(ports, devices);
  text += fmt::format("  map zone {{\n    type ifname : mark\n{}  }}\n",
                      zones.empty() ? "" : fmt::format("    elements = {{ {} }}\n", zones));
  for (const FilteredPort& port : ports)
    text +=
        spoof_chain(port) + port_chain(tracking, port, true) + port_chain(tracking, port, false);
  text += verdict_map("spoof", "spoof", ports) + verdict_map("ingress", "in", ports) +
          verdict_map("egress", "out", ports);
  text +=
      "  chain pre {\n    type filter hook prerouting priority -300; policy accept;\n"
      "    meta mark set iifname map @zone\n    iifname vmap @spoof\n  }\n";
  // Two base chains: an accept in the first must not spare a packet the second.
  text +=
      "  chain from_ports {\n    type filter hook forward priority 0; policy accept;\n"
      "    iifname vmap @egress\n  }\n";
  text +=
      "  chain to_ports {\n    type filter hook forward priority 10; policy accept;\n"
      "    oifname vmap @ingress\n  }\n}\n";
  return text;
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
