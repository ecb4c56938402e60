// Lists of volumes and snapshots: one query with an index, however they are filtered and sorted.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "openstack/paging.hpp"
#include "platform/database/rows.hpp"

namespace cinder::store {

// Where one list query looks. Text with placeholders comes from a bounded set.
struct ListQuery {
  std::string where;  // never empty
  platform::SqlValues values;
  openstack::Page page;
};

// The values of the sort columns of the row that the page's marker names. Throws Error(not_found)
// if there is no such row.
template <class Row>
platform::SqlValues marker_values(platform::Session& session, const openstack::Page& page) {
  const auto row = platform::find<Row>(session, "WHERE id=?", {page.marker});
  if (!row) throw base::Error(base::ErrorKind::not_found, "marker [" + page.marker + "] not found");
  platform::SqlValues values;
  for (const openstack::SortKey& key : page.sort)
    boost::mp11::mp_for_each<platform::detail::Members<Row>>([&](auto member) {
      if (key.column == member.name) values.emplace_back((*row).*member.pointer);
    });
  return values;
}

// Calls `each` per row, in order, from the marker on.
template <class Row>
void each_row(platform::Session& session, const ListQuery& query,
              const std::function<void(const platform::SqlRow&)>& each) {
  std::string sql = platform::select_from<Row>() + "WHERE " + query.where;
  platform::SqlValues values = query.values;
  if (!query.page.marker.empty()) {
    const auto after =
        openstack::after_marker(query.page.sort, marker_values<Row>(session, query.page));
    sql += after.text;
    values.insert(values.end(), after.values.begin(), after.values.end());
  }
  const auto order = openstack::order_and_limit(query.page);
  sql += order.text;
  values.insert(values.end(), order.values.begin(), order.values.end());
  session.query(sql, values, each);
}

}  // namespace cinder::store
