#include "neutron/ip.hpp"

#include <arpa/inet.h>

#include <array>
#include <cctype>
#include <utility>

#include "base/text.hpp"

namespace neutron {
namespace {

IpNumber mask_of(int bits, int prefix) {
  if (prefix == 0) return 0;
  const IpNumber all = bits == 128 ? ~IpNumber{0} : (IpNumber{1} << bits) - 1;
  const int host = bits - prefix;
  return host == 0 ? all : (all >> host) << host;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  const std::string copy(text);
  std::array<unsigned char, 16> bytes{};
  IpAddress address;
  size_t size = 4;
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    address.version = 4;
  } else if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
    address.version = 6;
    size = 16;
  } else {
    return std::nullopt;
  }
  if (copy.size() != text.size() || copy.find('\0') != std::string::npos) return std::nullopt;
  for (size_t i = 0; i < size; ++i) address.number = (address.number << 8) | bytes.at(i);
  return address;
}

std::string to_text(const IpAddress& address) {
  std::array<unsigned char, 16> bytes{};
  const size_t size = address.version == 4 ? 4 : 16;
  IpNumber number = address.number;
  for (size_t i = size; i-- > 0;) {
    bytes.at(i) = static_cast<unsigned char>(number & 0xff);
    number >>= 8;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.version == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

std::string to_key(const IpAddress& address) {
  const size_t digits = address.version == 4 ? 8 : 32;
  std::string key(digits, '0');
  IpNumber number = address.number;
  for (size_t i = digits; i-- > 0;) {
    key[i] = "0123456789abcdef"[static_cast<size_t>(number & 0xf)];
    number >>= 4;
  }
  return key;
}

std::optional<IpAddress> ip_from_key(std::string_view key) {
  if (key.size() != 8 && key.size() != 32) return std::nullopt;
  const auto bytes = base::from_hex(key);
  if (!bytes) return std::nullopt;
  IpAddress address{key.size() == 8 ? 4 : 6, 0};
  for (const char byte : *bytes)
    address.number = (address.number << 8) | static_cast<unsigned char>(byte);
  return address;
}

IpAddress next(const IpAddress& address) { return {address.version, address.number + 1}; }

IpAddress Cidr::last() const {
  const IpNumber all = bits() == 128 ? ~IpNumber{0} : (IpNumber{1} << 32) - 1;
  return {address.version, address.number | (all & ~mask_of(bits(), prefix))};
}

bool Cidr::contains(const IpAddress& ip) const {
  return ip.version == address.version && ip >= first() && ip <= last();
}

bool Cidr::contains(const Cidr& other) const {
  return contains(other.first()) && contains(other.last());
}

bool Cidr::overlaps(const Cidr& other) const {
  return contains(other.first()) || other.contains(first());
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  Cidr cidr{*address, address->version == 4 ? 32 : 128};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto prefix = base::parse_integer(digits);
    if (!prefix || digits.empty() || *prefix < 0 || *prefix > cidr.bits() || digits.front() == '+')
      return std::nullopt;
    cidr.prefix = static_cast<int>(*prefix);
  }
  cidr.address.number &= mask_of(cidr.bits(), cidr.prefix);
  return cidr;
}

std::string to_text(const Cidr& cidr) {
  return to_text(cidr.address) + "/" + std::to_string(cidr.prefix);
}

std::optional<std::string> parse_mac(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  const char separator = text[2];
  if (separator != ':' && separator != '-') return std::nullopt;
  std::string mac;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2) {
      if (text[i] != separator) return std::nullopt;
      mac += ':';
      continue;
    }
    const auto digit = static_cast<unsigned char>(text[i]);
    if (std::isxdigit(digit) == 0) return std::nullopt;
    mac += static_cast<char>(std::tolower(digit));
  }
  return mac;
}

IpAddress eui64_address(const Cidr& subnet, const std::string& mac) {
  const std::string bytes = base::from_hex(base::replace_all(mac, ":", "")).value_or("");
  IpNumber interface = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == 0) byte ^= 0x02;
    if (i == 3) interface = (interface << 16) | 0xfffe;
    interface = (interface << 8) | byte;
  }
  return {6, subnet.address.number | interface};
}

}  // namespace neutron
