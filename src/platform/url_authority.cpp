#include "platform/url_authority.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform {
namespace {

uint16_t parse_port(std::string_view text, std::string_view option) {
  const auto port = base::parse_integer(text);
  if (!port || *port < 1 || *port > 65535)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("{}: the port '{}' is no number from 1 to 65535", option, text));
  return static_cast<uint16_t>(*port);
}

void parse_credentials(std::string_view text, UrlAuthority& authority) {
  const size_t colon = text.find(':');
  authority.user = base::percent_decode(text.substr(0, colon));
  if (colon != std::string_view::npos)
    authority.password = base::percent_decode(text.substr(colon + 1));
}

size_t host_end(std::string_view text, std::string_view option) {
  if (!text.starts_with('[')) return std::min(text.find(':'), text.size());
  const size_t bracket = text.find(']');
  if (bracket == std::string_view::npos)
    throw base::Error(
        base::ErrorKind::bad_request,
        fmt::format("{}: an IPv6 address must end with ']', as in [::1]:1234", option));
  return bracket + 1;
}

}  // namespace

UrlAuthority parse_url_authority(std::string_view text, std::string_view option) {
  UrlAuthority authority;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    parse_credentials(text.substr(0, at), authority);
    text.remove_prefix(at + 1);
  }
  const size_t end = host_end(text, option);
  const std::string_view host = text.substr(0, end);
  authority.host = base::percent_decode(host.starts_with('[') ? host.substr(1, end - 2) : host);
  text.remove_prefix(end);
  if (text.starts_with(':')) authority.port = parse_port(text.substr(1), option);
  return authority;
}

}  // namespace platform
