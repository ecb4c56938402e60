// Points in time and spans of it, and the spellings in which OpenStack writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using Duration = std::chrono::microseconds;
// UTC wall clock, microseconds. Stored in databases as that count (BIGINT).
using TimePoint = std::chrono::sys_time<Duration>;
using namespace std::chrono_literals;

// A point on the monotonic clock (platform::Clock::steady): for deadlines and measurements only.
struct SteadyTime {
  Duration since_start{};
  friend auto operator<=>(const SteadyTime&, const SteadyTime&) = default;
  friend SteadyTime operator+(SteadyTime t, Duration d) { return {t.since_start + d}; }
  friend Duration operator-(SteadyTime a, SteadyTime b) { return a.since_start - b.since_start; }
};

// "2026-01-31T23:59:59Z" (Nova, Glance, Neutron).
[[nodiscard]] std::string format_seconds(TimePoint time);
// "2026-01-31T23:59:59.000000Z" (Keystone).
[[nodiscard]] std::string format_microseconds(TimePoint time);
// "2026-01-31T23:59:59.000000" (Nova's instance actions and services).
[[nodiscard]] std::string format_microseconds_without_zone(TimePoint time);
// Reads ISO 8601: date, or date and time, with optional fraction and zone ("Z" or +hh:mm).
[[nodiscard]] std::optional<TimePoint> parse_time(std::string_view text);

}  // namespace base
