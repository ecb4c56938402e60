#include "platform/database/placeholders.hpp"

#include <bit>

namespace platform {

std::string placeholders(SqlValues& values) {
  values.resize(std::bit_ceil(values.size()), values.back());
  std::string marks = "?";
  for (size_t i = 1; i < values.size(); ++i) marks += ",?";
  return marks;
}

}  // namespace platform
