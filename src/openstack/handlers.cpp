#include "openstack/handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/described.hpp"
#include "base/text.hpp"
#include "openstack/paging.hpp"

namespace openstack {
namespace {

constexpr std::string_view kItems =
    R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
    R"({"type":"string","maxLength":255}},"additionalProperties":false)";

// "/{project_id}" if the path has it behind the prefix.
std::string project_part(std::string_view path, std::string_view prefix) {
  path.remove_prefix(std::min(prefix.size(), path.size()));
  const auto parts = base::split(path, '/');
  const bool has_project =
      parts.size() > 1 && parts[1].size() == 32 && base::from_hex(parts[1]).has_value();
  return has_project ? "/" + std::string(parts[1]) : std::string();
}

}  // namespace

LinkBase link_base(const platform::http::Request& request, std::string_view authority,
                   std::string_view prefix) {
  const std::string origin = platform::http::origin(request, authority);
  const std::string project = project_part(request.path, prefix);
  return {fmt::format("{}{}{}", origin, prefix, project), origin + project};
}

Links::Links(const LinkBase& base, std::string_view collection)
    : self_(fmt::format("{}/{}/", base.with_version, collection)),
      bookmark_(fmt::format("{}/{}/", base.without_version, collection)) {}

void Links::write_two(base::JsonWriter& json, std::string_view id) const {
  json.begin_object();
  json.field("rel", "self");
  json.joined("href", {self_, id});
  json.end_object();
  json.begin_object();
  json.field("rel", "bookmark");
  json.joined("href", {bookmark_, id});
  json.end_object();
}

void Links::write(base::JsonWriter& json, std::string_view id) const {
  json.key("links");
  json.begin_array();
  write_two(json, id);
  json.end_array();
}

void Links::write(base::JsonWriter& json, std::string_view id, std::string_view alternate,
                  std::string_view type) const {
  json.key("links");
  json.begin_array();
  write_two(json, id);
  json.begin_object();
  json.field("rel", "alternate");
  json.field("type", type);
  json.field("href", alternate);
  json.end_object();
  json.end_array();
}

void Links::write_bookmark(base::JsonWriter& json, std::string_view id) const {
  json.key("links");
  json.begin_array();
  json.begin_object();
  json.field("rel", "bookmark");
  json.joined("href", {bookmark_, id});
  json.end_object();
  json.end_array();
}

void write_next_link(base::JsonWriter& json, std::string_view name, const std::string& url_base,
                     const platform::http::Request& request, const std::string& last_id) {
  json.key(name);
  json.begin_array();
  json.begin_object();
  json.field("rel", "next");
  json.field("href", next_page_url(url_base, request, last_id));
  json.end_object();
  json.end_array();
}

platform::http::Response answer(base::JsonWriter& json, int status) {
  return json_response(status, json.take());
}

const base::Json& inner(const ApiRequest& request, std::string_view key) {
  const base::Json* found = base::find(request.body, key);
  if (!found) bad_request("Malformed request body");
  return *found;
}

std::string text_of(const base::Json& value) {
  if (value.is_string()) return std::string(value.get_string());
  return base::to_text(value);
}

int64_t integer_of(const base::Json& value) {
  if (value.is_int64()) return value.get_int64();
  const auto number = base::parse_integer(base::trim(text_of(value)));
  if (!number) bad_request("An integer is needed instead of " + text_of(value));
  return *number;
}

bool flag_of(const base::Json& value) {
  if (value.is_bool()) return value.get_bool();
  return base::parse_boolean(text_of(value)).value_or(false);
}

bool query_flag(const ApiRequest& request, std::string_view name, bool fallback) {
  const auto text = request.query.get(name);
  if (!text) return fallback;
  if (text->empty()) return true;
  const auto flag = base::parse_boolean(*text);
  if (!flag) bad_request(fmt::format("Invalid value for {}: {}", name, *text));
  return *flag;
}

void refuse_unknown_query(const ApiRequest& request,
                          std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query.items)
    if (std::find(known.begin(), known.end(), name) == known.end())
      bad_request(fmt::format("Additional properties are not allowed ('{}' was unexpected)", name));
}

void not_found(std::string message) {
  throw base::Error(base::ErrorKind::not_found, std::move(message));
}
void bad_request(std::string message) {
  throw base::Error(base::ErrorKind::bad_request, std::move(message));
}
void conflict(std::string message) {
  throw base::Error(base::ErrorKind::conflict, std::move(message));
}

void write_text_or_null(base::JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty())
    json.value(nullptr);
  else
    json.value(text);
}

void write_time_or_null(base::JsonWriter& json, std::string_view name,
                        const std::optional<base::TimePoint>& time) {
  json.key(name);
  if (time)
    json.value(base::format_microseconds_without_zone(*time));
  else
    json.value(nullptr);
}

void append(Routes& routes, Routes more) {
  for (Route& route : more) routes.push_back(std::move(route));
}

platform::http::Response answer_metadata(const Metadata& metadata) {
  base::JsonWriter json;
  json.begin_object();
  json.field("metadata", base::to_json(metadata));
  json.end_object();
  return answer(json);
}

platform::http::Response answer_metadata_item(const std::string& key, const std::string& value) {
  base::JsonWriter json;
  json.begin_object();
  json.key("meta");
  json.begin_object();
  json.field(key, value);
  json.end_object();
  json.end_object();
  return answer(json);
}

const Schema& metadata_schema() {
  static const Schema schema(
      fmt::format(R"({{"type":"object","properties":{{"metadata":{}}}}},"required":["metadata"],)"
                  R"("additionalProperties":false}})",
                  kItems));
  return schema;
}

const Schema& metadata_item_schema() {
  static const Schema schema(fmt::format(
      R"({{"type":"object","properties":{{"meta":{},"minProperties":1,"maxProperties":1}}}},)"
      R"("required":["meta"],"additionalProperties":false}})",
      kItems));
  return schema;
}

std::string metadata_item(const ApiRequest& request, const std::string& key) {
  const auto meta = base::from_json<Metadata>(inner(request, "meta"));
  const auto found = meta.find(key);
  if (found == meta.end()) bad_request("Request body and URI mismatch");
  return found->second;
}

}  // namespace openstack
