#include "platform/http/address_rule.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform::http {
namespace {

using Address = std::array<uint8_t, 16>;

constexpr Address kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // ::ffff:0:0
constexpr int kMappedPrefix = 96;

// IANA's registries of special-purpose addresses (RFC 6890), without those of the public.
constexpr std::array<std::string_view, 20> kSpecial{
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20",      "5f00::/16"};
constexpr std::string_view kGlobalUnicast = "2000::/3";  // all else of IPv6 is special
constexpr std::string_view kNat64 = "64:ff9b::/96";      // the address behind it counts

std::optional<IpNetwork> parse_network(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  IpNetwork network;
  int bits = 128;
  if (host.find(':') == std::string::npos) {
    network.address = kMapped;
    bits = 32;
    if (::inet_pton(AF_INET, host.c_str(), network.address.data() + 12) != 1) return std::nullopt;
  } else if (::inet_pton(AF_INET6, host.c_str(), network.address.data()) != 1) {
    return std::nullopt;
  }
  if (slash == std::string_view::npos) return network;
  const auto prefix = base::parse_integer(text.substr(slash + 1));
  if (!prefix || *prefix < 0 || *prefix > bits) return std::nullopt;
  network.prefix = 128 - bits + static_cast<int>(*prefix);
  return network;
}

bool contains(const IpNetwork& network, const Address& address) {
  const auto bytes = static_cast<size_t>(network.prefix / 8);
  if (std::memcmp(network.address.data(), address.data(), bytes) != 0) return false;
  const int rest = network.prefix % 8;
  if (rest == 0) return true;
  return ((network.address[bytes] ^ address[bytes]) >> (8 - rest)) == 0;
}

const std::vector<IpNetwork>& special_networks() {
  static const std::vector<IpNetwork> networks = [] {
    std::vector<IpNetwork> all;
    for (const std::string_view text : kSpecial) all.push_back(*parse_network(text));
    return all;
  }();
  return networks;
}

// As IPv6, an IPv4 one in whichever form as ::ffff:a.b.c.d.
std::optional<Address> address_of(const sockaddr& socket) {
  Address address = kMapped;
  if (socket.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &socket, sizeof v4);
    std::memcpy(address.data() + 12, &v4.sin_addr, 4);
    return address;
  }
  if (socket.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &socket, sizeof v6);
  std::memcpy(address.data(), &v6.sin6_addr, address.size());
  static const IpNetwork nat64 = *parse_network(kNat64);
  if (contains(nat64, address)) std::copy_n(kMapped.begin(), 12, address.begin());
  return address;
}

bool is_public(const Address& address) {
  static const IpNetwork global = *parse_network(kGlobalUnicast);
  if (!contains({kMapped, kMappedPrefix}, address) && !contains(global, address)) return false;
  return std::ranges::none_of(special_networks(),
                              [&](const IpNetwork& network) { return contains(network, address); });
}

}  // namespace

AddressRule::AddressRule(const std::vector<std::string>& allowed_networks) {
  for (const std::string& text : allowed_networks) {
    const auto network = parse_network(text);
    if (!network)
      throw base::Error(base::ErrorKind::bad_request,
                        fmt::format("\"{}\" is no network: write it as 192.0.2.0/24", text));
    allowed_.push_back(*network);
  }
}

bool AddressRule::allows(const sockaddr& socket) const {
  const auto address = address_of(socket);
  if (!address) return false;
  return is_public(*address) || std::ranges::any_of(allowed_, [&](const IpNetwork& network) {
           return contains(network, *address);
         });
}

}  // namespace platform::http
