// limit/marker/sort of list requests, as keyset queries: cost proportional to the page.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/database/value.hpp"
#include "platform/http/message.hpp"

namespace openstack {

enum class SortDirection { ascending, descending };

struct SortKey {
  std::string column;
  SortDirection direction = SortDirection::ascending;
};

struct Page {
  std::optional<int64_t> limit;
  std::string marker;  // id of the last item of the former page; empty: from the start
  std::vector<SortKey> sort;
};

// A sort key that clients may name, and its column.
struct SortableColumn {
  std::string_view name;
  std::string_view column;
};

struct PageRules {
  int64_t max_limit = 1000;                   // a larger limit is cut to it
  std::optional<int64_t> default_limit = {};  // absent: no limit unless asked
  bool zero_is_no_limit = false;              // Neutron: limit=0 asks for all
  std::span<const SortableColumn> sortable;
  std::vector<SortKey> default_sort;  // ends with the unique key "id"; appended to what clients ask
};

// Reads limit, marker, sort_key, sort_dir (repeated, parallel) and sort=key:dir,key:dir. A key
// without a direction has that of the last sort_dir, else that of the first default key. Throws
// Error(bad_request) for a limit that is negative or no number, an unknown key or direction.
[[nodiscard]] Page parse_page(const platform::http::Query& query, const PageRules& rules);

// A piece of SQL with its values.
struct SqlFragment {
  std::string text;
  platform::SqlValues values;
};
// " AND (...)": rows after the marker's row, whose values of the sort columns are given in order.
// NULLs are smaller than anything, as SQLite and MariaDB sort them.
[[nodiscard]] SqlFragment after_marker(const std::vector<SortKey>& sort,
                                       const platform::SqlValues& marker_row);
// " ORDER BY a ASC, id ASC LIMIT ?"; without a limit no LIMIT.
[[nodiscard]] SqlFragment order_and_limit(const Page& page);

// The URL of the next page: the request's own path and query with the marker replaced.
[[nodiscard]] std::string next_page_url(const std::string& url_base,
                                        const platform::http::Request& request,
                                        const std::string& last_id);

}  // namespace openstack
