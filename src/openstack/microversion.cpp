#include "openstack/microversion.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace openstack {
namespace {

constexpr std::string_view kHeader = "OpenStack-API-Version";

// "compute 2.79", or several services separated by commas: the last one for us counts, as in
// the microversion_parse library.
std::string_view asked_for(const MicroversionSupport& support,
                           const platform::http::Headers& headers) {
  std::string_view found;
  for (const std::string_view part : base::split(headers.value(kHeader), ',')) {
    const std::string_view words = base::trim(part);
    const size_t blank = words.find(' ');
    if (blank == std::string_view::npos) continue;
    if (base::equals_ignoring_case(words.substr(0, blank), support.service_type))
      found = base::trim(words.substr(blank + 1));
  }
  if (found.empty() && !support.legacy_header.empty())
    found = base::trim(headers.value(support.legacy_header));
  return found;
}

// ^([1-9]\d*)\.([1-9]\d*|0)$
std::optional<int> number(std::string_view text, bool zero_allowed) {
  constexpr size_t kMostDigits = 6;
  if (text.empty() || text.size() > kMostDigits || text.front() < '0' || text.front() > '9')
    return std::nullopt;
  if (text.front() == '0' && (text.size() > 1 || !zero_allowed)) return std::nullopt;
  const auto value = base::parse_integer(text);
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

std::optional<Microversion> parse(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto major = number(text.substr(0, dot), false);
  const auto minor = number(text.substr(dot + 1), true);
  if (!major || !minor) return std::nullopt;
  return Microversion{*major, *minor};
}

// Headers are bytes; a JSON message is not.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

Microversion negotiate(const MicroversionSupport& support, const platform::http::Headers& headers) {
  const std::string_view text = asked_for(support, headers);
  if (text.empty()) return support.min;
  if (text == "latest") return support.max;
  const auto version = parse(text);
  if (!version && !is_printable(text))
    throw base::Error(base::ErrorKind::bad_request,
                      "API Version String is of invalid format: it is not printable text.");
  if (!version)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("API Version String {} is of invalid format. Must be of format "
                                  "MajorNum.MinorNum.",
                                  text));
  if (*version < support.min || *version > support.max)
    throw base::Error(base::ErrorKind::not_acceptable,
                      fmt::format("Version {} is not supported by the API. Minimum is {} and "
                                  "maximum is {}.",
                                  to_text(*version), to_text(support.min), to_text(support.max)));
  return *version;
}

void announce(const MicroversionSupport& support, Microversion version,
              platform::http::Headers& headers) {
  headers.set(kHeader, fmt::format("{} {}", support.service_type, to_text(version)));
  headers.add("Vary", std::string(kHeader));
  if (support.legacy_header.empty()) return;
  headers.set(support.legacy_header, to_text(version));
  headers.add("Vary", std::string(support.legacy_header));
}

}  // namespace openstack
