#include "openstack/schema_formats.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "openstack/schema.hpp"

namespace openstack {
namespace {

bool is_address(int family, std::string_view text) {
  unsigned char bytes[16];
  return inet_pton(family, std::string(text).c_str(), bytes) == 1;
}
bool is_ipv4(std::string_view text) { return is_address(AF_INET, text); }
bool is_ipv6(std::string_view text) { return is_address(AF_INET6, text); }
bool is_ip(std::string_view text) { return is_ipv4(text) || is_ipv6(text); }

bool is_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  const auto prefix = base::parse_integer(text.substr(slash + 1));
  if (!prefix || *prefix < 0) return false;
  return (is_ipv4(address) && *prefix <= 32) || (is_ipv6(address) && *prefix <= 128);
}

bool is_mac_address(std::string_view text) {
  if (text.size() != 17) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool separator = i % 3 == 2;
    const bool hex = std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (separator ? text[i] != ':' : !hex) return false;
  }
  return true;
}

// As Python's b64decode without `validate`: what is not of the alphabet is passed over.
bool is_base64(std::string_view text) {
  std::string kept;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/' || c == '=')
      kept += c;
  return base::from_base64(kept).has_value();
}

bool is_uri(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || colon + 3 >= text.size()) return false;
  const char first = text[colon + 3];
  return first != '/' && text.find(' ') == std::string_view::npos;
}

bool is_email(std::string_view text) { return text.find('@') != std::string_view::npos; }

bool is_date(std::string_view text) {
  return text.size() == 10 && base::parse_time(text).has_value();
}

// nova/api/validation/parameter_types.py: printable characters of the basic plane.
constexpr std::string_view kPrintable =
    "\\u0020-\\u007e\\u00a0-\\u00ac\\u00ae-\\u05ff\\u0606-\\u061b\\u061d-\\u06dc\\u06de-\\u070e"
    "\\u0710-\\u180d\\u180f-\\u200a\\u2010-\\u2027\\u202f-\\u205f\\u2070-\\ud7ff\\uf900-\\ufefe"
    "\\uff00-\\uffef";
constexpr std::string_view kPrintableWithoutColon =
    "\\u0020-\\u0039\\u003b-\\u007e\\u00a0-\\u00ac\\u00ae-\\u05ff\\u0606-\\u061b\\u061d-\\u06dc"
    "\\u06de-\\u070e\\u0710-\\u180d\\u180f-\\u200a\\u2010-\\u2027\\u202f-\\u205f\\u2070-\\ud7ff"
    "\\uf900-\\ufefe\\uff00-\\uffef";

std::string within(std::string_view allowed) { return "^[" + std::string(allowed) + "]*\\Z"; }
bool is_printable(std::string_view text) {
  static const Pattern pattern(within(kPrintable));
  return pattern.search(text);
}
bool is_printable_without_colon(std::string_view text) {
  static const Pattern pattern(within(kPrintableWithoutColon));
  return pattern.search(text);
}
bool has_visible(std::string_view text) {
  static const Pattern pattern("\\S");
  return pattern.search(text);
}
bool is_trimmed(std::string_view text) {
  static const Pattern pattern("(^\\s)|(\\s\\Z)");
  return !text.empty() && !pattern.search(text);
}

bool is_name(std::string_view text) { return is_printable(text) && is_trimmed(text); }
bool is_loose_name(std::string_view text) { return is_printable(text) && has_visible(text); }
bool is_zone_name(std::string_view text) {
  return is_printable_without_colon(text) && is_trimmed(text);
}
bool is_loose_zone_name(std::string_view text) {
  return is_printable_without_colon(text) && has_visible(text);
}

bool is_of(std::string_view text, std::string_view special) {
  return std::all_of(text.begin(), text.end(), [special](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           special.find(c) != std::string_view::npos;
  });
}
bool is_keypair_name(std::string_view text) { return is_of(text, "_- "); }
bool is_new_keypair_name(std::string_view text) { return is_of(text, "@._- "); }

bool is_fqdn(std::string_view text) {
  static const Pattern pattern("^[a-zA-Z0-9]+[a-zA-Z0-9.-]*[a-zA-Z0-9]+\\Z");
  return pattern.search(text);
}

// nova/api/validation/validators.py: a tag must not upset the comma separated lists of a query.
bool is_tag(std::string_view text) { return text.find_first_of(",/") == std::string_view::npos; }

constexpr SchemaFormat kFormats[] = {
    {"uuid", base::is_uuid_like},
    {"date-time", [](std::string_view text) { return base::parse_time(text).has_value(); }},
    {"date", is_date},
    {"ipv4", is_ipv4},
    {"ipv6", is_ipv6},
    {"ip", is_ip},
    {"cidr", is_cidr},
    {"mac-address", is_mac_address},
    {"base64", is_base64},
    {"uri", is_uri},
    {"email", is_email},
    {"fqdn", is_fqdn},
    {"tag", is_tag},
    // Glance's schemas tell it to clients; what they then write is not looked at.
    {"regex", [](std::string_view) { return true; }},
    {"name", is_name, "printable characters. Can not start or end with whitespace."},
    {"name_with_leading_trailing_spaces", is_loose_name,
     "printable characters with at least one non space character"},
    {"az_name", is_zone_name,
     "printable characters except :. Can not start or end with whitespace."},
    {"az_name_with_leading_trailing_spaces", is_loose_zone_name,
     "printable characters except : with at least one non space character"},
    {"keypair_name_20", is_keypair_name,
     "Only expected characters: "
     "[_- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]"},
    {"keypair_name_292", is_new_keypair_name,
     "Only expected characters: "
     "[@._- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]"},
};

}  // namespace

const SchemaFormat* find_schema_format(std::string_view name) {
  for (const SchemaFormat& format : kFormats)
    if (format.name == name) return &format;
  return nullptr;
}

}  // namespace openstack
