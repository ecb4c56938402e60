#include "platform/http/web_url.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace platform::http {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
constexpr size_t kLongestUrl = 8192;

bool is_written_in(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_address(int family, const std::string& text) {
  std::array<char, 16> address{};
  return ::inet_pton(family, text.c_str(), address.data()) == 1;
}

// What inet_aton(3) takes ends in a number, decimal, octal or hexadecimal.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return is_written_in(last, "0123456789") || last.starts_with("0x");
}

bool is_host_name(const std::string& host) {
  if (host.empty() || host.size() > 253 || !is_written_in(host, kNameCharacters)) return false;
  return !ends_in_number(host) || is_address(AF_INET, host);
}

uint16_t usual_port(std::string_view scheme) {
  return scheme == "http" ? 80 : scheme == "https" ? 443 : 0;
}

bool set_port(WebUrl& url, std::string_view text) {
  if (text.empty()) return true;
  const auto port = base::parse_integer(text);
  if (!is_written_in(text, "0123456789") || !port || *port < 1 || *port > 65535) return false;
  url.port = static_cast<uint16_t>(*port);
  return true;
}

bool set_authority(WebUrl& url, std::string_view text) {
  url.port = usual_port(url.scheme);
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    url.host = base::lower(text.substr(1, end - 1));
    const std::string_view rest = text.substr(end + 1);
    if (!is_address(AF_INET6, url.host) || !(rest.empty() || rest.front() == ':')) return false;
    return set_port(url, rest.empty() ? rest : rest.substr(1));
  }
  const size_t colon = text.find(':');
  std::string_view host = text.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  url.host = base::lower(host);
  if (!is_host_name(url.host)) return false;
  return colon == std::string_view::npos || set_port(url, text.substr(colon + 1));
}

void set_path(WebUrl& url, std::string_view text) {
  text = text.substr(0, text.find('#'));
  const size_t question = text.find('?');
  url.path = std::string(text.substr(0, question));
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  url.query_text = question == std::string_view::npos ? "" : text.substr(question + 1);
}

// "//authority/path" of a scheme that is known.
std::optional<WebUrl> parse_after_scheme(std::string scheme, std::string_view text) {
  WebUrl url;
  url.scheme = std::move(scheme);
  if (!text.starts_with("//")) return std::nullopt;
  text.remove_prefix(2);
  const size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (!set_authority(url, text.substr(0, end))) return std::nullopt;
  set_path(url, text.substr(end));
  return url;
}

bool is_acceptable(std::string_view text) {
  return text.size() <= kLongestUrl && is_printable(text) &&
         text.find('\\') == std::string_view::npos;
}

}  // namespace

std::string WebUrl::base() const {
  const bool brackets = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, brackets ? "[" : "", host, brackets ? "]" : "",
                     port);
}

std::optional<WebUrl> parse_web_url(std::string_view text) {
  if (!is_acceptable(text)) return std::nullopt;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string scheme = base::lower(text.substr(0, colon));
  if (!is_written_in(scheme, kLetters)) return std::nullopt;
  return parse_after_scheme(std::move(scheme), text.substr(colon + 1));
}

std::optional<WebUrl> resolve(const WebUrl& from, std::string_view location) {
  if (!is_acceptable(location)) return std::nullopt;
  if (location.starts_with("//")) return parse_after_scheme(from.scheme, location);
  WebUrl url = from;
  if (location.starts_with('/')) {
    set_path(url, location);
    return url;
  }
  const size_t colon = location.find(':');
  if (colon < location.find_first_of("/?#")) return parse_web_url(location);
  if (location.empty() || location.starts_with('#')) return url;
  if (location.starts_with('?')) {
    set_path(url, url.path + std::string(location));
    return url;
  }
  set_path(url, url.path.substr(0, url.path.rfind('/') + 1) + std::string(location));
  return url;
}

}  // namespace platform::http
