// Small pieces of SQL that the queries of this folder share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "glance/messages.hpp"
#include "openstack/paging.hpp"

namespace glance::store {

inline void append(openstack::SqlFragment& sql, const openstack::SqlFragment& more) {
  sql.text += more.text;
  sql.values.insert(sql.values.end(), more.values.begin(), more.values.end());
}

// "?,?,?": for so many values.
[[nodiscard]] inline std::string marks(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ",?";
  return text;
}

// What order_and_limit() and after_marker() take.
[[nodiscard]] inline openstack::Page page_of(const std::vector<SortBy>& sort,
                                             std::optional<int64_t> limit) {
  openstack::Page page;
  page.limit = limit;
  for (const SortBy& key : sort)
    page.sort.push_back({key.column, key.ascending ? openstack::SortDirection::ascending
                                                   : openstack::SortDirection::descending});
  return page;
}

}  // namespace glance::store
