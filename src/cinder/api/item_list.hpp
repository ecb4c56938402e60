// Which items a list shows: scope, filters, paging and sorting of GET /volumes and its like.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cinder/api/common.hpp"
#include "cinder/store/listing.hpp"

namespace cinder::api {

// A filter that is a condition on a column.
struct ColumnFilter {
  std::string_view name;
  std::string_view condition;  // "status=?"
  bool is_number = false;
  bool for_administrators = false;
};

// Whether items are found by when they were made and changed.
enum class Times { no, yes };

struct ListRules {
  // Empty: the items are of no project. Such a list is not counted, and its resource says by
  // where() which of them it shows.
  std::string_view all_projects_policy = {};
  std::span<const openstack::SortableColumn> sortable = {};
  std::span<const ColumnFilter> columns = {};
  Times times = Times::yes;
  std::string_view links = {};  // the name of the next page's link; empty: the items' "_links"
  // Before it, nothing is asked of a list: it shows what is the project's.
  Microversion since = kFirst;
};

// The query's "offset", or 0. Throws Error(bad_request) for what is none.
[[nodiscard]] int64_t offset_of(const ApiRequest& request);

// Of types, by "is_public": those that all may use, which are listed if nothing is said, or the
// private ones ("false"); nothing: both ("None"). Administrators alone may choose. Throws
// Error(bad_request).
[[nodiscard]] std::optional<bool> wanted_publicity(const ApiRequest& request);

// Throws Error(bad_request) for what can not be understood.
class ItemList {
 public:
  // The rules are to outlive it.
  ItemList(const app::App& app, const ApiRequest& request, const ListRules& rules);

  // Adds a condition of the resource's own.
  void where(std::string_view condition, const platform::SqlValues& values);

  // Calls `each` for the items of the page, in order.
  template <class Row>
  void each(platform::Session& session, const std::function<void(const Row&)>& each) const;
  // How many there are on all pages.
  template <class Row>
  [[nodiscard]] int64_t count(platform::Session& session) const;
  // The link of the list NAME if `count` items filled the page.
  void write_next(base::JsonWriter& json, std::string_view name, size_t count,
                  const std::string& last_id) const;
  [[nodiscard]] bool wants_count() const;

 private:
  void scope(std::string_view policy);
  void add_columns(std::span<const ColumnFilter> columns);
  void add_times();
  [[nodiscard]] bool passes(std::string_view metadata) const;

  const ApiRequest& request_;
  const ListRules& rules_;
  store::ListQuery query_;
  int64_t offset_ = 0;
  base::JsonObject metadata_;  // that an item must have
};

template <class Row>
void ItemList::each(platform::Session& session, const std::function<void(const Row&)>& each) const {
  if (query_.page.limit == 0) return;
  store::ListQuery query = query_;
  const int64_t end = offset_ + query.page.limit.value_or(INT64_MAX - offset_);
  // The limit counts what passes.
  if (metadata_.empty())
    query.page.limit = end;
  else
    query.page.limit.reset();
  int64_t seen = 0;
  store::each_row<Row>(session, query, [&](const platform::SqlRow& row) {
    if (seen == end) return;
    const Row item = platform::decode<Row>(row);
    if constexpr (requires { item.metadata; })
      if (!passes(item.metadata)) return;
    if (seen++ >= offset_) each(item);
  });
}

template <class Row>
int64_t ItemList::count(platform::Session& session) const {
  return platform::number(
      session, "SELECT COUNT(*) FROM " + std::string(Row::kTable) + " WHERE " + query_.where,
      query_.values);
}

// {"NAME": [...]}, with the next page's link and the count of all. `make_writer` is given the
// session and gives what writes an item: void(base::JsonWriter&, const Row&).
template <class Row, class MakeWriter>
Response answer_items(app::App& app, const ItemList& list, std::string_view name,
                      MakeWriter make_writer) {
  base::JsonWriter json;
  json.begin_object();
  json.key(name);
  json.begin_array();
  size_t count = 0;
  int64_t all = 0;
  std::string last;
  app.database.read([&](platform::Session& session) {
    const auto write = make_writer(session);
    list.each<Row>(session, [&](const Row& item) {
      write(json, item);
      last = item.id;
      ++count;
    });
    if (list.wants_count()) all = list.count<Row>(session);
  });
  json.end_array();
  list.write_next(json, name, count, last);
  if (list.wants_count()) json.field("count", all);
  json.end_object();
  return answer(json);
}

}  // namespace cinder::api
