// Addresses of the network layer as values: IPv4 and IPv6 alike.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace neutron {

__extension__ typedef unsigned __int128 IpNumber;

// An IPv4 or IPv6 address.
struct IpAddress {
  int version = 4;
  IpNumber number = 0;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// As inet_pton(3): no zone, no leading zeros, no short forms.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
// RFC 5952 for IPv6.
[[nodiscard]] std::string to_text(const IpAddress& address);
// Fixed width hex, so that text order is address order: how addresses are kept in the database.
[[nodiscard]] std::string to_key(const IpAddress& address);
// The inverse; nullopt unless 8 (IPv4) or 32 hex digits.
[[nodiscard]] std::optional<IpAddress> ip_from_key(std::string_view key);
[[nodiscard]] IpAddress next(const IpAddress& address);

// A network: the bits behind the prefix are zero.
struct Cidr {
  IpAddress address;
  int prefix = 0;

  [[nodiscard]] int bits() const { return address.version == 4 ? 32 : 128; }
  [[nodiscard]] IpAddress first() const { return address; }
  [[nodiscard]] IpAddress last() const;
  [[nodiscard]] bool contains(const IpAddress& ip) const;
  [[nodiscard]] bool contains(const Cidr& other) const;
  [[nodiscard]] bool overlaps(const Cidr& other) const;
  friend bool operator==(const Cidr&, const Cidr&) = default;
};

// "10.0.0.7/24" gives 10.0.0.0/24; a text without '/' is one address.
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text);
[[nodiscard]] std::string to_text(const Cidr& cidr);

// Six pairs of hex digits with colons; also '-' is read. Lower case.
[[nodiscard]] std::optional<std::string> parse_mac(std::string_view text);
// RFC 4291 appendix A: the address that a host with this MAC gives itself in a /64.
[[nodiscard]] IpAddress eui64_address(const Cidr& subnet, const std::string& mac);

}  // namespace neutron
