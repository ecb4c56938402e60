// Pieces of SQL with their values, put together from a bounded set of texts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "openstack/paging.hpp"
#include "platform/database/placeholders.hpp"
#include "platform/database/rows.hpp"

namespace neutron::store {

using openstack::SqlFragment;

// The items of a column that holds a JSON list. By value: a range-for keeps it alive.
[[nodiscard]] inline base::JsonArray parse_list(std::string_view json) {
  base::Json list = base::parse_json(json);
  return std::move(list.as_array());
}

// A bound on the values of one IN list.
inline constexpr size_t kInLimit = 512;

// Appends " AND " + `text`.
void add_condition(SqlFragment& where, std::string_view text, platform::SqlValues values = {});
// Appends " AND `column` IN (...)"; nothing matches an empty list.
void add_in(SqlFragment& where, std::string_view column, platform::SqlValues values);

// Rows of T whose `column` is one of `ids`, a bounded number per query. `tail` follows, e.g.
// "ORDER BY id".
template <class T>
std::vector<T> select_in(platform::Session& session, std::string_view column,
                         std::span<const std::string> ids, std::string_view tail = {}) {
  std::vector<T> rows;
  for (size_t first = 0; first < ids.size(); first += kInLimit) {
    platform::SqlValues values;
    for (const std::string& id : ids.subspan(first, std::min(kInLimit, ids.size() - first)))
      values.emplace_back(id);
    const std::string marks = platform::placeholders(values);
    std::string sql = platform::select_from<T>();
    sql.append("WHERE ").append(column).append(" IN (").append(marks).append(") ").append(tail);
    session.query(sql, values,
                  [&](const platform::SqlRow& row) { rows.push_back(platform::decode<T>(row)); });
  }
  return rows;
}

// Conditions, each starting with " AND ", of which a row meets one at most. Each becomes a SELECT
// of its own with an index of its own: MariaDB has none for "a project's own, or granted to it by
// another table" and would read the whole table.
using Alternatives = std::vector<SqlFragment>;

// What a list of a resource asks for: conditions, each starting with " AND ", then order and limit,
// among the rows of the alternatives, of all if there is none. The order names columns only.
struct ListQuery {
  SqlFragment where;
  SqlFragment order;
  Alternatives among = {};
};

// "SELECT ... FROM table WHERE 1=1 <alternative> <where> UNION ALL ... <order>"; `select` is its
// beginning.
[[nodiscard]] SqlFragment to_sql(const std::string& select, const ListQuery& query);

template <class T>
std::vector<T> select_list(platform::Session& session, const ListQuery& query) {
  const SqlFragment sql = to_sql(platform::select_from<T>(), query);
  return platform::fetch<T>(session, sql.text, sql.values);
}

}  // namespace neutron::store
