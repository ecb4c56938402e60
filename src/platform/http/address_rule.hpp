// To which addresses a request may go whose URL came from a stranger.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace platform::http {

// An IPv6 network; IPv4 is what it contains as ::ffff:0:0/96.
struct IpNetwork {
  std::array<uint8_t, 16> address{};
  int prefix = 128;
};

// Allows the addresses that IANA has given out for the public, and networks that an operator names.
// Immutable, thread-safe.
class AddressRule {
 public:
  AddressRule() = default;
  // "10.1.0.0/16", "fd00::/8", "192.0.2.7". Throws base::Error(bad_request) that names the text
  // that is none.
  explicit AddressRule(const std::vector<std::string>& allowed_networks);

  // False for private, loopback, link-local, multicast, unspecified and reserved addresses, for
  // tunnels, and for IPv4 ones of these in an IPv6 address; unless allowed by name.
  [[nodiscard]] bool allows(const sockaddr& address) const;

 private:
  std::vector<IpNetwork> allowed_;
};

}  // namespace platform::http
