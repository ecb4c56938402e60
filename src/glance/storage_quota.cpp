#include "glance/storage_quota.hpp"

#include <fmt/core.h>

#include <array>
#include <limits>

#include "base/error.hpp"
#include "base/text.hpp"

namespace glance {
namespace {

struct ByteUnit {
  std::string_view suffix;
  int shift;
};
// The longer ones first: all end with "B".
constexpr std::array kByteUnits{ByteUnit{"KB", 10}, ByteUnit{"MB", 20}, ByteUnit{"GB", 30},
                                ByteUnit{"TB", 40}, ByteUnit{"B", 0}};

}  // namespace

int64_t parse_storage_quota(std::string_view text) {
  std::string_view digits = text;
  int shift = 0;
  for (const ByteUnit& unit : kByteUnits)
    if (digits.ends_with(unit.suffix)) {
      digits.remove_suffix(unit.suffix.size());
      shift = unit.shift;
      break;
    }
  const auto amount = base::parse_integer(digits);
  if (!amount || *amount < 0 || *amount > (std::numeric_limits<int64_t>::max() >> shift))
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("user_storage_quota must be a number, optionally with B, KB, MB, "
                                  "GB or TB behind it, not \"{}\"",
                                  text));
  return *amount << shift;
}

void require_remaining(int64_t size, int64_t remaining) {
  if (size <= remaining) return;
  throw base::Error(base::ErrorKind::too_large,
                    fmt::format("Image exceeds the storage quota: The size of the data {} will "
                                "exceed the limit. {} bytes remaining.",
                                size, remaining));
}

}  // namespace glance
