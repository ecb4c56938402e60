#include "neutron/store/fragments.hpp"

#include <bit>

namespace neutron::store {

void add_condition(SqlFragment& where, std::string_view text, platform::SqlValues values) {
  where.text.append(" AND ").append(text);
  for (auto& value : values) where.values.push_back(std::move(value));
}

std::string placeholders(platform::SqlValues& values) {
  const size_t count = std::bit_ceil(values.size());
  while (values.size() < count) values.push_back(values.back());
  std::string marks;
  for (size_t i = 0; i < count; ++i) marks += i == 0 ? "?" : ",?";
  return marks;
}

void add_in(SqlFragment& where, std::string_view column, platform::SqlValues values) {
  if (values.empty()) return add_condition(where, "1=0");
  std::string text(column);
  text += " IN (" + placeholders(values) + ")";
  add_condition(where, text, std::move(values));
}

}  // namespace neutron::store
