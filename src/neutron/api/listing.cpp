#include "neutron/api/listing.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "neutron/app/errors.hpp"
#include "openstack/paging.hpp"

namespace neutron::api {
namespace {

using app::bad_request;
using openstack::SortDirection;

constexpr std::array<std::string_view, 6> kReserved{"fields",   "limit",    "marker",
                                                    "sort_key", "sort_dir", "page_reverse"};

platform::SqlValue to_value(Kind kind, std::string_view text) {
  if (kind == Kind::boolean) return read_boolean(text);
  if (kind == Kind::text) return text;
  const auto number = base::parse_integer(text);
  if (!number)
    throw bad_request("HTTPBadRequest", "Invalid input for operation: '{}' is not an integer.",
                      text);
  return *number;
}

void add_filters(store::SqlFragment& where, const ResourceType& type,
                 const openstack::ApiRequest& request, CustomFilter custom) {
  std::vector<std::string_view> seen;
  for (const auto& [key, ignored] : request.query.items) {
    const std::string_view name = key == "tenant_id" ? std::string_view("project_id") : key;
    if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) continue;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    const auto texts = request.query.all(key);
    if (custom && custom(where, request.context, name, texts)) continue;
    const Attribute* attribute = find_attribute(type, name);
    if (!attribute || attribute->column.empty())
      throw bad_request("HTTPBadRequest", "['{}'] is invalid attribute for filtering", name);
    platform::SqlValues values;
    for (const std::string_view text : texts)
      if (values.size() < store::kInLimit) values.push_back(to_value(attribute->kind, text));
    store::add_in(where, attribute->column, std::move(values));
  }
}

openstack::Page read_page(const ResourceType& type, const openstack::ApiRequest& request) {
  std::vector<openstack::SortableColumn> sortable;
  for (const Attribute& attribute : type.attributes)
    if (!attribute.column.empty()) sortable.push_back({attribute.name, attribute.column});
  for (const auto key : request.query.all("sort_key"))
    if (std::none_of(sortable.begin(), sortable.end(),
                     [&](const auto& column) { return column.name == key; }))
      throw bad_request("HTTPBadRequest", "{} is invalid attribute for sorting", key);
  openstack::PageRules rules;
  rules.max_limit = std::numeric_limits<int64_t>::max();
  rules.sortable = sortable;
  rules.default_sort = {{"id", SortDirection::ascending}};
  return openstack::parse_page(request.query, rules);
}

// The values of the sort columns of the row where the page starts.
platform::SqlValues marker_row(app::Core& core, const ResourceType& type,
                               const openstack::Page& page) {
  std::string columns;
  for (const auto& key : page.sort) columns += (columns.empty() ? "" : ", ") + key.column;
  const std::string sql = "SELECT " + columns + " FROM " + std::string(type.table) + " WHERE id=?";
  platform::SqlValues values;
  core.read([&](platform::Session& session) {
    session.query(sql, {page.marker}, [&](const platform::SqlRow& row) {
      for (size_t i = 0; i < page.sort.size(); ++i) {
        const Attribute* attribute = nullptr;
        for (const Attribute& candidate : type.attributes)
          if (candidate.column == page.sort[i].column) attribute = &candidate;
        const bool is_text = !attribute || attribute->kind == Kind::text;
        if (is_text)
          values.emplace_back(std::string(row.text(i)));
        else
          values.emplace_back(row.integer(i));
      }
    });
  });
  if (values.empty())
    throw app::error(base::ErrorKind::not_found, "MarkerNotFound", "marker {} could not be found.",
                     page.marker);
  return values;
}

std::string page_url(const openstack::ApiRequest& request, const std::string& marker,
                     bool reverse) {
  platform::http::Query query;
  for (const auto& item : request.query.items)
    if (item.first != "marker" && item.first != "page_reverse") query.items.push_back(item);
  query.items.emplace_back("marker", marker);
  if (reverse) query.items.emplace_back("page_reverse", "True");
  return platform::http::origin(request.http, "127.0.0.1:9696") + request.http.path + "?" +
         platform::http::to_text(query);
}

}  // namespace

bool read_boolean(std::string_view text) {
  const std::string lower = base::lower(text);
  if (lower == "true" || lower == "1") return true;
  if (lower == "false" || lower == "0") return false;
  throw app::invalid_input(fmt::format("'{}' cannot be converted to boolean", text));
}

bool add_tag_filter(store::SqlFragment& where, std::string_view name,
                    const std::vector<std::string_view>& values) {
  const bool any = name == "tags-any" || name == "not-tags-any";
  if (!any && name != "tags" && name != "not-tags") return false;
  std::string text;
  platform::SqlValues quoted;
  for (const std::string_view list : values)
    for (const std::string_view tag : base::split(list, ',')) {
      text += std::string(text.empty() ? "" : any ? " OR " : " AND ") + "INSTR(tags, ?) > 0";
      quoted.emplace_back(base::to_text(base::Json(tag)));
    }
  const bool negated = name.starts_with("not-");
  store::add_condition(where, (negated ? "NOT (" : "(") + text + ")", std::move(quoted));
  return true;
}

std::vector<std::string> read_fields(const openstack::ApiRequest& request) {
  std::vector<std::string> fields;
  for (const std::string_view field : request.query.all("fields"))
    if (!field.empty()) fields.emplace_back(field);
  return fields;
}

Listing read_listing(app::Core& core, const ResourceType& type,
                     const openstack::ApiRequest& request, store::Alternatives visible,
                     CustomFilter custom) {
  Listing listing;
  listing.fields = read_fields(request);
  listing.query.among = std::move(visible);
  add_filters(listing.query.where, type, request, custom);
  openstack::Page page = read_page(type, request);
  if (page.limit == 0) page.limit.reset();
  listing.limit = page.limit;
  const auto reverse = request.query.get("page_reverse");
  listing.reverse = reverse && read_boolean(*reverse);
  if (listing.reverse)
    for (auto& key : page.sort)
      key.direction = key.direction == SortDirection::ascending ? SortDirection::descending
                                                                : SortDirection::ascending;
  if (!page.marker.empty()) {
    auto after = openstack::after_marker(page.sort, marker_row(core, type, page));
    listing.query.where.text += after.text;
    for (auto& value : after.values) listing.query.where.values.push_back(std::move(value));
  }
  listing.query.order = openstack::order_and_limit(page);
  return listing;
}

void write_page_links(base::JsonWriter& writer, const ResourceType& type,
                      const openstack::ApiRequest& request, const Listing& listing, size_t count,
                      const std::string& first_id, const std::string& last_id) {
  if (!listing.limit || count == 0) return;
  const bool full = static_cast<int64_t>(count) >= *listing.limit;
  const auto link = [&](std::string_view rel, const std::string& href) {
    writer.begin_object();
    writer.field("rel", rel);
    writer.field("href", href);
    writer.end_object();
  };
  writer.key(std::string(type.plural) + "_links");
  writer.begin_array();
  if (full || listing.reverse) link("next", page_url(request, last_id, false));
  if (full || !listing.reverse) link("previous", page_url(request, first_id, true));
  writer.end_array();
}

app::Precondition read_precondition(const openstack::ApiRequest& request) {
  constexpr std::string_view kPrefix = "revision_number=";
  const auto header = request.http.headers.get("if-match");
  if (!header) return std::nullopt;
  const auto number = header->starts_with(kPrefix)
                          ? base::parse_integer(header->substr(kPrefix.size()))
                          : std::nullopt;
  if (!number)
    throw bad_request("HTTPBadRequest", "Unrecognized value for If-Match header: {}", *header);
  return number;
}

}  // namespace neutron::api
