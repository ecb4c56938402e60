// Ethernet frames made by hand: what an honest guest's kernel would never send.
#pragma once

#include <cstdint>
#include <string>

namespace tests {

inline constexpr const char* kBroadcast = "ff:ff:ff:ff:ff:ff";

// Who sends: as it says.
struct Identity {
  std::string mac;
  std::string ip;  // IPv4 or IPv6
};

[[nodiscard]] bool is_v6(const std::string& ip);

// An ARP request of `from` for `wanted`, or its gratuitous answer.
std::string arp(const Identity& from, const std::string& wanted);
// UDP over the IP version of `from`, to `to_mac`; the checksum is left out.
std::string udp(const Identity& from, const std::string& to_mac, const std::string& to_ip,
                uint16_t source_port, uint16_t destination_port);
// ICMPv6 of that type to all nodes; `target` is what a neighbour advertisement speaks for.
std::string icmpv6(const Identity& from, uint8_t type, const std::string& target);

}  // namespace tests
