#include "glance/api/image_list.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;

constexpr std::array<std::string_view, 8> kSortKeys{
    "name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"};
constexpr std::array<std::string_view, 5> kPaging{"limit", "marker", "sort", "sort_key",
                                                  "sort_dir"};
constexpr std::array<std::string_view, 5> kListedTexts{"name", "id", "status", "container_format",
                                                       "disk_format"};
constexpr std::array<std::string_view, 4> kPlainTexts{"owner", "checksum", "os_hash_value",
                                                      "os_hash_algo"};
constexpr std::array<std::string_view, 4> kNumbers{"size", "virtual_size", "min_ram", "min_disk"};
constexpr std::array<std::string_view, 5> kComparisons{"gt", "gte", "lt", "lte", "neq"};

[[noreturn]] void refuse_list(std::string message) {
  throw Error(ErrorKind::bad_request, std::move(message));
}

template <class Choices>
bool is_among(const Choices& choices, std::string_view text) {
  return std::ranges::find(choices, text) != choices.end();
}

// ---- order and place

SortBy parse_sort(std::string_view key, std::string_view direction) {
  key = base::trim(key);
  direction = base::trim(direction);
  if (!is_among(kSortKeys, key))
    refuse_list(fmt::format("Invalid sort key: {}. It must be one of the following: {}.", key,
                            fmt::join(kSortKeys, ", ")));
  if (direction != "asc" && direction != "desc")
    refuse_list(fmt::format("Invalid sort direction: {}", direction));
  return {std::string(key), direction == "asc"};
}

std::vector<SortBy> parse_new_sort(std::string_view text) {
  std::vector<SortBy> sort;
  for (const std::string_view item : base::split(base::trim(text), ',')) {
    const size_t colon = std::min(item.find(':'), item.size());
    const std::string_view direction = item.substr(std::min(colon + 1, item.size()));
    sort.push_back(parse_sort(item.substr(0, colon), direction.empty() ? "desc" : direction));
  }
  return sort;
}

// One direction is that of all keys; several are of one key each.
std::vector<SortBy> parse_classic_sort(const std::vector<std::string>& keys,
                                       const std::vector<std::string>& directions) {
  if (directions.size() > 1 && directions.size() != keys.size())
    refuse_list("Number of sort dirs does not match the number of sort keys");
  std::vector<SortBy> sort;
  for (size_t i = 0; i < std::max<size_t>(keys.size(), 1); ++i)
    sort.push_back(
        parse_sort(keys.empty() ? "created_at" : keys[i],
                   directions.empty() ? "desc" : directions[std::min(i, directions.size() - 1)]));
  return sort;
}

// A page's order is total: by age and id where all else is equal.
std::vector<SortBy> parse_order(const platform::http::Query& query) {
  const auto keys = query.all("sort_key");
  const auto directions = query.all("sort_dir");
  const auto combined = query.get("sort");
  if (combined && !(keys.empty() && directions.empty()))
    refuse_list("Old and new sorting syntax cannot be combined");
  const std::vector<SortBy> asked =
      combined
          ? parse_new_sort(*combined)
          : parse_classic_sort({keys.begin(), keys.end()}, {directions.begin(), directions.end()});
  std::vector<SortBy> sort;
  const auto add = [&sort](const SortBy& key) {
    if (std::ranges::find(sort, key.column, &SortBy::column) == sort.end()) sort.push_back(key);
  };
  for (const SortBy& key : asked) add(key);
  const bool ascending = directions.size() == 1 && asked.front().ascending;
  add({"created_at", ascending});
  add({"id", ascending});
  return sort;
}

int64_t parse_limit(const ImageApi& api, const platform::http::Query& query) {
  const auto text = query.get("limit");
  if (!text) return std::min(api.default_limit, api.max_limit);
  const auto limit = base::parse_integer(*text);
  if (!limit) refuse_list("limit param must be an integer");
  if (*limit < 0) refuse_list("limit param must be positive");
  return std::min(*limit, api.max_limit);
}

// ---- filters

struct Comparison {
  std::string_view operation;
  std::string_view value;
};

// "gte:2020-01-01T00:00:00Z"; a time has colons of its own and needs no operator.
Comparison split_comparison(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || base::parse_time(text)) return {"eq", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

ImageFilter text_filter(std::string_view field, std::string_view text) {
  const auto [operation, value] = split_comparison(text);
  if (operation == "in") return {std::string(field), "in", split_filter_list(value)};
  if (operation != "eq")
    refuse_list(fmt::format("Unable to filter by unknown operator '{}'.", operation));
  return {std::string(field), "in", {std::string(value)}};
}

ImageFilter time_filter(std::string_view field, std::string_view text) {
  const auto [operation, value] = split_comparison(text);
  if (!base::parse_time(value))
    refuse_list(
        fmt::format("Bad \"{}\" query filter format. Use ISO 8601 DateTime notation.", field));
  if (operation == "eq") return {std::string(field), "in", {std::string(value)}};
  if (!is_among(kComparisons, operation)) refuse_list("Unable to filter on a unknown operator.");
  return {std::string(field), std::string(operation), {std::string(value)}};
}

// "size_min=5": nullopt unless the name is of that form.
std::optional<ImageFilter> range_filter(std::string_view name, std::string_view value) {
  const bool least = name.ends_with("_min");
  if (!least && !name.ends_with("_max")) return std::nullopt;
  const std::string_view field = name.substr(0, name.size() - 4);
  if (!is_among(kNumbers, field)) return std::nullopt;
  if (!base::parse_integer(value))
    refuse_list("Unable to filter on a range with a non-numeric value.");
  return ImageFilter{std::string(field), least ? "gte" : "lte", {std::string(value)}};
}

ImageFilter number_filter(std::string_view field, std::string_view value) {
  if (!base::parse_integer(value)) refuse_list(fmt::format("Bad value for {}: '{}'", field, value));
  return {std::string(field), "in", {std::string(value)}};
}

bool parse_flag(std::string_view name, std::string_view value) {
  if (value != "true" && value != "false")
    refuse_list(fmt::format(
        "Invalid value '{}' for '{}' filter. Valid values are 'true' or 'false'.", value, name));
  return value == "true";
}

template <class Choices>
std::string parse_choice(const Choices& choices, std::string_view value, std::string_view what) {
  if (!is_among(choices, value)) refuse_list(fmt::format("Invalid {}: {}", what, value));
  return std::string(value);
}

ImageFilter attribute_filter(std::string_view name, std::string_view value) {
  if (name == "protected") return {"is_protected", "in", {parse_flag(name, value) ? "1" : "0"}};
  if (name == "created_at" || name == "updated_at") return time_filter(name, value);
  if (const auto range = range_filter(name, value)) return *range;
  if (is_among(kNumbers, name)) return number_filter(name, value);
  if (is_among(kListedTexts, name)) return text_filter(name, value);
  if (is_among(kPlainTexts, name)) return {std::string(name), "in", {std::string(value)}};
  return {fmt::format("property:{}", name), "in", {std::string(value)}};
}

void add_filter(ListImages& list, std::string_view name, std::string_view value) {
  constexpr std::array<std::string_view, 5> kVisibilityFilters{"community", "public", "private",
                                                               "shared", "all"};
  constexpr std::array<std::string_view, 4> kMemberStatuses{"pending", "accepted", "rejected",
                                                            "all"};
  if (is_among(kPaging, name)) return;
  if (name == "visibility") {
    if (!value.empty())
      list.visibility = parse_choice(kVisibilityFilters, value, "visibility value");
  } else if (name == "changes-since") {
    if (!value.empty()) refuse_list("The \"changes-since\" filter is no longer available on v2.");
  } else if (name == "member_status") {
    list.member_status = parse_choice(kMemberStatuses, value, "status");
  } else if (name == "os_hidden") {
    list.hidden = parse_flag(name, base::lower(value));
  } else if (name == "tag") {
    list.tags.emplace_back(base::trim(value));
  } else {
    list.filters.push_back(attribute_filter(name, value));
  }
}

// The quotation marks of `text` that no backslash makes part of an item.
void check_quotes(std::string_view text) {
  bool open = false;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '"' || (at > 0 && text[at - 1] == '\\')) continue;
    if (!open && at > 0 && text[at - 1] != ',')
      refuse_list(fmt::format(
          "Invalid filter value {}. There is no comma before opening quotation mark.", text));
    if (open && at + 1 < text.size() && text[at + 1] != ',')
      refuse_list(fmt::format(
          "Invalid filter value {}. There is no comma after closing quotation mark.", text));
    open = !open;
  }
  if (open) refuse_list(fmt::format("Invalid filter value {}. The quote is not closed.", text));
}

// Where the item that begins at `from` ends: behind its last character, a closing quote included.
size_t end_of_item(std::string_view text, size_t from) {
  if (text[from] != '"') return std::min(text.find(',', from), text.size());
  size_t at = from + 1;
  while (at < text.size() && (text[at] != '"' || text[at - 1] == '\\')) ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

std::vector<std::string> split_filter_list(std::string_view text) {
  check_quotes(text);
  std::vector<std::string> items;
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_of_item(text, at);
    std::string_view item = text.substr(at, end - at);
    if (item.starts_with('"')) item = item.substr(1, item.size() - 2);
    items.emplace_back(item);
    at = end + 1;
  }
  return items;
}

ListImages parse_image_list(const ImageApi& api, const ApiRequest& request) {
  ListImages list;
  list.viewer = ImageApi::viewer(request.context);
  list.marker = request.query.get("marker").value_or("");
  list.limit = parse_limit(api, request.query);
  list.sort = parse_order(request.query);
  list.rendered = !api.protection->is_on() && !api.shows_locations && !api.shows_direct_url;
  for (const auto& [name, value] : request.query.items) add_filter(list, name, value);
  return list;
}

}  // namespace glance::api
