// URLs that come from a stranger: strictly parsed, and written anew from their parts, so that no
// two readers of one can differ about where it leads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform::http {

struct WebUrl {
  std::string scheme;  // "http" or "https", or another that no client here speaks; lower case
  std::string host;    // lower case; a name, an IPv4 address, or an IPv6 address without brackets
  uint16_t port = 0;
  std::string path = "/";
  std::string query_text;

  // Scheme and authority, as a Transport takes them.
  [[nodiscard]] std::string base() const;
  friend bool operator==(const WebUrl&, const WebUrl&) = default;
};

// nullopt for what is not absolute, has a user, no host, a port that is none, characters that have
// to be escaped, or a host that looks like an IPv4 address in another than its usual form ("127.1",
// "0x7f000001"): the system's resolver takes those. A fragment is dropped. Without a port it is the
// scheme's; 0 for another scheme than those two.
[[nodiscard]] std::optional<WebUrl> parse_web_url(std::string_view text);

// Where a redirect's Location leads (RFC 9110 section 10.2.2), under the same rules.
[[nodiscard]] std::optional<WebUrl> resolve(const WebUrl& from, std::string_view location);

}  // namespace platform::http
