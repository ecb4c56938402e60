#include "cinder/api/item_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cinder::api {
namespace {

// A dictionary as Python writes it, or as JSON.
base::JsonObject dictionary_of(std::string_view text) {
  const base::Json json = base::parse_json(base::replace_all(std::string(text), "'", "\""));
  if (!json.is_object()) bad_request("Invalid filter metadata");
  return json.get_object();
}

struct Comparison {
  std::string_view name;
  std::string_view sign;
};
constexpr std::array kComparisons{Comparison{"gt", ">"}, Comparison{"gte", ">="},
                                  Comparison{"lt", "<"}, Comparison{"lte", "<="},
                                  Comparison{"eq", "="}, Comparison{"neq", "<>"}};

}  // namespace

int64_t offset_of(const ApiRequest& request) {
  const auto offset = request.query.get("offset");
  if (!offset) return 0;
  const auto number = base::parse_integer(*offset);
  if (!number || *number < 0 || *number > INT32_MAX)
    bad_request(
        fmt::format("Invalid input received: offset param must be an integer from 0 to "
                    "{}. Value: {}",
                    INT32_MAX, *offset));
  return *number;
}

std::optional<bool> wanted_publicity(const ApiRequest& request) {
  const std::string wanted = base::lower(request.query.get("is_public").value_or("true"));
  if (wanted == "none") return std::nullopt;
  const auto flag = base::parse_boolean(wanted);
  if (!flag) bad_request(fmt::format("Invalid is_public filter [{}]", wanted));
  return flag;
}

ItemList::ItemList(const app::App& app, const ApiRequest& request, const ListRules& rules)
    : request_(request), rules_(rules) {
  openstack::PageRules page;
  page.max_limit = app.settings.max_limit;
  page.default_limit = app.settings.max_limit;
  page.sortable = rules.sortable;
  page.default_sort = {{"created_at", openstack::SortDirection::descending},
                       {"id", openstack::SortDirection::descending}};
  if (request.context.version < rules.since) {
    query_.page = openstack::parse_page({}, page);
    where("project_id=?", {request.context.project_id()});
    return;
  }
  query_.page = openstack::parse_page(request.query, page);
  offset_ = offset_of(request);
  if (rules.all_projects_policy.empty()) return;
  scope(rules.all_projects_policy);
  add_columns(rules.columns);
  if (const auto metadata = request.query.get("metadata")) metadata_ = dictionary_of(*metadata);
  if (rules.times == Times::yes && request.context.version >= Microversion{3, 60}) add_times();
}

void ItemList::where(std::string_view condition, const platform::SqlValues& values) {
  if (!query_.where.empty()) query_.where += " AND ";
  query_.where += condition;
  query_.values.insert(query_.values.end(), values.begin(), values.end());
}

void ItemList::scope(std::string_view policy) {
  const bool all = query_flag(request_, "all_tenants", false);
  if (!all || !request_.context.is_admin())
    return where("project_id=?", {request_.context.project_id()});
  request_.authorize(policy, {});
  if (const auto project = request_.query.get("project_id"))
    return where("project_id=?", {*project});
  where("1=1", {});
}

void ItemList::add_columns(std::span<const ColumnFilter> columns) {
  for (const ColumnFilter& filter : columns) {
    if (filter.for_administrators && !request_.context.is_admin()) continue;
    const auto value = request_.query.get(filter.name);
    if (!value) continue;
    if (filter.is_number)
      where(filter.condition, {base::parse_integer(*value).value_or(-1)});
    else
      where(filter.condition, {*value});
  }
}

// created_at=gt:2026-01-01,lt:2026-02-01
void ItemList::add_times() {
  for (const std::string_view column : {"created_at", "updated_at"}) {
    const auto text = request_.query.get(column);
    if (!text) continue;
    for (const std::string_view part : base::split(*text, ',')) {
      const size_t colon = part.find(':');
      const std::string_view name = part.substr(0, colon);
      const auto found =
          std::find_if(kComparisons.begin(), kComparisons.end(),
                       [name](const Comparison& comparison) { return comparison.name == name; });
      const bool named = colon != std::string_view::npos && found != kComparisons.end();
      const auto time = base::parse_time(named ? part.substr(colon + 1) : part);
      if (!time) bad_request(fmt::format("Invalid filter {} with value {}", column, *text));
      where(fmt::format("{}{}?", column, named ? found->sign : "="), {*time});
    }
  }
}

bool ItemList::passes(std::string_view metadata) const {
  if (metadata_.empty()) return true;
  const base::JsonView has(metadata);
  return std::all_of(metadata_.begin(), metadata_.end(), [&](const auto& wanted) {
    const base::Json* value = base::find(*has, wanted.key());
    return value && *value == wanted.value();
  });
}

bool ItemList::wants_count() const {
  return !rules_.all_projects_policy.empty() && request_.context.version >= Microversion{3, 45} &&
         query_flag(request_, "with_count", false);
}

void ItemList::write_next(base::JsonWriter& json, std::string_view name, size_t count,
                          const std::string& last_id) const {
  const auto& limit = query_.page.limit;
  if (!limit || count == 0 || static_cast<int64_t>(count) < *limit) return;
  const std::string links =
      rules_.links.empty() ? fmt::format("{}_links", name) : std::string(rules_.links);
  openstack::write_next_link(json, links, url_base(request_.http), request_.http, last_id);
}

}  // namespace cinder::api
