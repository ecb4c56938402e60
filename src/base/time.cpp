#include "base/time.hpp"

#include <charconv>

namespace base {
namespace {

struct Civil {
  int year;
  unsigned month, day;
  long hour, minute, second, microsecond;
};

Civil civil(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return {static_cast<int>(date.year()),     static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()), clock.hours().count(),
          clock.minutes().count(),           clock.seconds().count(),
          clock.subseconds().count()};
}

// Puts `value` into the `digits` places from `at` on. Lists show thousands of times, and a general
// formatter would be what costs most there.
void put(char* at, size_t digits, long value) {
  while (digits-- > 0) {
    at[digits] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

void put_seconds(char* at, const Civil& c) {
  put(at, 4, c.year);
  put(at + 5, 2, c.month);
  put(at + 8, 2, c.day);
  put(at + 11, 2, c.hour);
  put(at + 14, 2, c.minute);
  put(at + 17, 2, c.second);
}

// Consumes exactly `digits` digits.
std::optional<int> take_number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456": microseconds, any number of digits.
std::optional<Duration> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return Duration{0};
  long microseconds = 0;
  long scale = 100'000;
  size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    microseconds += (text.front() - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  return Duration{microseconds};
}

// What must be subtracted to get UTC.
std::optional<Duration> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z')) return Duration{0};
  const bool west = text.front() == '-';
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = take_number(text, 2);
  take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes) return std::nullopt;
  const Duration offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return west ? -offset : offset;
}

}  // namespace

std::string format_seconds(TimePoint time) {
  std::string text = "0000-00-00T00:00:00Z";
  put_seconds(text.data(), civil(time));
  return text;
}

std::string format_microseconds_without_zone(TimePoint time) {
  std::string text = "0000-00-00T00:00:00.000000";
  const Civil c = civil(time);
  put_seconds(text.data(), c);
  put(text.data() + 20, 6, c.microsecond);
  return text;
}

std::string format_microseconds(TimePoint time) {
  return format_microseconds_without_zone(time) + "Z";
}

std::optional<TimePoint> parse_time(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  TimePoint result = std::chrono::sys_days{date};
  if (text.empty()) return result;

  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  result += std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  if (take(text, ':')) {
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    result += std::chrono::seconds{*second} + *fraction;
  }
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return result - *zone;
}

}  // namespace base
