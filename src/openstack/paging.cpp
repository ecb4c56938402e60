#include "openstack/paging.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace openstack {
namespace {

using platform::http::Query;

[[noreturn]] void refuse(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}

std::optional<int64_t> parse_limit(const Query& query, const PageRules& rules) {
  const auto text = query.get("limit");
  if (!text) return rules.default_limit;
  const auto limit = base::parse_integer(*text);
  if (!limit || *limit < 0)
    refuse(
        fmt::format("Invalid input for query parameters limit. Value: {0}. '{0}' does not match "
                    "'^[0-9]*$'",
                    *text));
  if (*limit == 0 && rules.zero_is_no_limit) return rules.default_limit;
  return std::min(*limit, rules.max_limit);
}

SortDirection parse_direction(std::string_view text) {
  if (base::equals_ignoring_case(text, "asc")) return SortDirection::ascending;
  if (base::equals_ignoring_case(text, "desc")) return SortDirection::descending;
  refuse(fmt::format("Unknown sort direction, must be one of: asc, desc. Value: {}", text));
}

class SortParser {
 public:
  explicit SortParser(const PageRules& rules) : rules_(rules) {
    if (!rules.default_sort.empty()) fallback_ = rules.default_sort.front().direction;
  }

  std::vector<SortKey> parse(const Query& query) {
    const auto keys = query.all("sort_key");
    const auto directions = query.all("sort_dir");
    if (directions.size() > keys.size() && !keys.empty())
      refuse("Number of sort directions does not match the number of sort keys");
    // Nova and Glance take a lone direction for their default keys too.
    if (keys.empty() && !directions.empty()) fallback_ = parse_direction(directions.front());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i < directions.size()) fallback_ = parse_direction(directions[i]);
      add(keys[i], fallback_);
    }
    if (const auto list = query.get("sort")) add_list(*list);
    const bool only_direction = keys.empty() && !directions.empty();
    for (const SortKey& key : rules_.default_sort)
      if (!has(key.column))
        sort_.push_back({key.column, only_direction ? fallback_ : key.direction});
    return std::move(sort_);
  }

 private:
  void add_list(std::string_view list) {
    for (const std::string_view item : base::split(list, ',')) {
      const size_t colon = item.find(':');
      const auto direction = colon == std::string_view::npos
                                 ? fallback_
                                 : parse_direction(base::trim(item.substr(colon + 1)));
      add(base::trim(item.substr(0, colon)), direction);
    }
  }
  void add(std::string_view name, SortDirection direction) {
    const auto column = std::find_if(rules_.sortable.begin(), rules_.sortable.end(),
                                     [name](const auto& row) { return row.name == name; });
    if (column == rules_.sortable.end())
      refuse(fmt::format(
          "Invalid input for query parameters sort_key. '{}' is not a valid sort key", name));
    if (!has(column->column)) sort_.push_back({std::string(column->column), direction});
  }
  bool has(std::string_view column) const {
    return std::any_of(sort_.begin(), sort_.end(),
                       [column](const SortKey& key) { return key.column == column; });
  }

  const PageRules& rules_;
  SortDirection fallback_ = SortDirection::ascending;
  std::vector<SortKey> sort_;
};

bool is_null(const platform::SqlValue& value) {
  return std::holds_alternative<std::nullptr_t>(value.get());
}

// Adds to `fragment` that a column comes after the marker's value.
void append_after(SqlFragment& fragment, const SortKey& key, const platform::SqlValue& value) {
  const bool ascending = key.direction == SortDirection::ascending;
  if (is_null(value)) {
    fragment.text += ascending ? key.column + " IS NOT NULL" : "1 = 0";
    return;
  }
  fragment.text += ascending ? fmt::format("{} > ?", key.column)
                             : fmt::format("({0} < ? OR {0} IS NULL)", key.column);
  fragment.values.push_back(value);
}

void append_equal(SqlFragment& fragment, const SortKey& key, const platform::SqlValue& value) {
  fragment.text += key.column + (is_null(value) ? " IS NULL AND " : " = ? AND ");
  if (!is_null(value)) fragment.values.push_back(value);
}

}  // namespace

Page parse_page(const Query& query, const PageRules& rules) {
  Page page;
  page.limit = parse_limit(query, rules);
  page.marker = query.get("marker").value_or("");
  page.sort = SortParser(rules).parse(query);
  return page;
}

// (a > ?) OR (a = ? AND b > ?) OR ...
SqlFragment after_marker(const std::vector<SortKey>& sort, const platform::SqlValues& marker_row) {
  SqlFragment fragment;
  fragment.text = " AND (";
  for (size_t last = 0; last < sort.size(); ++last) {
    fragment.text += last == 0 ? "(" : " OR (";
    for (size_t i = 0; i < last; ++i) append_equal(fragment, sort[i], marker_row.at(i));
    append_after(fragment, sort[last], marker_row.at(last));
    fragment.text += ")";
  }
  fragment.text += ")";
  return fragment;
}

SqlFragment order_and_limit(const Page& page) {
  SqlFragment fragment;
  for (const SortKey& key : page.sort) {
    fragment.text += fragment.text.empty() ? " ORDER BY " : ", ";
    fragment.text += key.column;
    fragment.text += key.direction == SortDirection::ascending ? " ASC" : " DESC";
  }
  if (page.limit) {
    fragment.text += " LIMIT ?";
    fragment.values.emplace_back(*page.limit);
  }
  return fragment;
}

std::string next_page_url(const std::string& url_base, const platform::http::Request& request,
                          const std::string& last_id) {
  Query query = request.query();
  std::erase_if(query.items, [](const auto& item) { return item.first == "marker"; });
  query.items.emplace_back("marker", last_id);
  return url_base + request.path + "?" + platform::http::to_text(query);
}

}  // namespace openstack
