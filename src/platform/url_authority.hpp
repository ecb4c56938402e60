// The part of a URL that says who goes where: [user[:password]@]host[:port] (RFC 3986, 3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

struct UrlAuthority {
  std::optional<std::string> user;
  std::optional<std::string> password;  // never logged
  std::string host;                     // without the brackets of an IPv6 address; may be empty
  std::optional<uint16_t> port;
};

// User, password and host are percent-decoded; the last '@' ends the password, so one that nobody
// encoded does no harm. Throws base::Error(bad_request) that begins with `option`, the name of what
// held the URL, and never holds the password.
[[nodiscard]] UrlAuthority parse_url_authority(std::string_view text, std::string_view option);

}  // namespace platform
