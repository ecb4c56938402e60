#include "frames.hpp"

#include <arpa/inet.h>

#include <array>

#include "base/text.hpp"

namespace tests {
namespace {

std::string number16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 255)};
}

std::string mac_bytes(const std::string& mac) {
  std::string bytes;
  for (size_t i = 0; i < mac.size(); i += 3)
    bytes += static_cast<char>(std::stoi(mac.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string ip_bytes(const std::string& ip) {
  std::array<char, 16> bytes{};
  ::inet_pton(is_v6(ip) ? AF_INET6 : AF_INET, ip.c_str(), bytes.data());
  return {bytes.data(), is_v6(ip) ? size_t{16} : size_t{4}};
}

std::string ethernet(const std::string& to, const std::string& from, unsigned type) {
  return mac_bytes(to) + mac_bytes(from) + number16(type);
}

// RFC 1071.
std::string checksum(const std::string& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0;
    sum += static_cast<uint32_t>(high << 8 | low);
  }
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return number16(~sum & 0xffff);
}

// What transport checksums cover beside the segment.
std::string pseudo_header(const std::string& from, const std::string& to, unsigned protocol,
                          size_t length) {
  const std::string addresses = ip_bytes(from) + ip_bytes(to);
  if (!is_v6(from)) return addresses + number16(protocol) + number16(static_cast<unsigned>(length));
  return addresses + number16(0) + number16(static_cast<unsigned>(length)) + number16(0) +
         number16(protocol);
}

std::string packet(const Identity& from, const std::string& to_mac, const std::string& to_ip,
                   unsigned protocol, const std::string& payload) {
  if (is_v6(from.ip))
    return ethernet(to_mac, from.mac, 0x86dd) + std::string("\x60\0\0\0", 4) +
           number16(static_cast<unsigned>(payload.size())) + static_cast<char>(protocol) + '\xff' +
           ip_bytes(from.ip) + ip_bytes(to_ip) + payload;
  const std::string start = std::string("\x45\0", 2) +
                            number16(static_cast<unsigned>(20 + payload.size())) +
                            std::string("\0\1\0\0\x40", 5) + static_cast<char>(protocol);
  const std::string addresses = ip_bytes(from.ip) + ip_bytes(to_ip);
  return ethernet(to_mac, from.mac, 0x0800) + start + checksum(start + number16(0) + addresses) +
         addresses + payload;
}

}  // namespace

bool is_v6(const std::string& ip) { return ip.find(':') != std::string::npos; }

std::string arp(const Identity& from, const std::string& wanted) {
  return ethernet(kBroadcast, from.mac, 0x0806) + std::string("\0\1\x08\0\6\4\0\1", 8) +
         mac_bytes(from.mac) + ip_bytes(from.ip) + std::string(6, '\0') + ip_bytes(wanted);
}

std::string udp(const Identity& from, const std::string& to_mac, const std::string& to_ip,
                uint16_t source_port, uint16_t destination_port) {
  const std::string text = "packet test";
  const std::string head = number16(source_port) + number16(destination_port) +
                           number16(static_cast<unsigned>(8 + text.size()));
  const std::string sum =
      checksum(pseudo_header(from.ip, to_ip, 17, 8 + text.size()) + head + number16(0) + text);
  return packet(from, to_mac, to_ip, 17, head + sum + text);
}

std::string icmpv6(const Identity& from, uint8_t type, const std::string& target) {
  const std::string all_nodes = "ff02::1";
  const std::string body = std::string(4, '\0') + ip_bytes(target);
  const std::string head = {static_cast<char>(type), '\0'};
  const std::string sum =
      checksum(pseudo_header(from.ip, all_nodes, 58, 4 + body.size()) + head + number16(0) + body);
  return packet(from, "33:33:00:00:00:01", all_nodes, 58, head + sum + body);
}

}  // namespace tests
