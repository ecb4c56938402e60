#include "nova/api/common.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "openstack/paging.hpp"

namespace nova::api {

using base::Error;
using base::ErrorKind;

std::string url_base(const platform::http::Request& request) {
  return platform::http::origin(request, "127.0.0.1:8774");
}

std::string version_path(const platform::http::Request& request) {
  const auto parts = base::split(request.path, '/');
  // "", "v2.1", "<project>", ...
  const bool with_project =
      parts.size() > 2 && parts[2].size() == 32 && base::from_hex(parts[2]).has_value();
  return "/v2.1" + (with_project ? "/" + std::string(parts[2]) : std::string());
}

Links::Links(const platform::http::Request& request, std::string_view collection) {
  const std::string base = url_base(request);
  const std::string version = version_path(request);
  self_ = fmt::format("{}{}/{}/", base, version, collection);
  bookmark_ = fmt::format("{}{}/{}/", base, version.substr(5), collection);
}

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

void write_next_link(base::JsonWriter& json, std::string_view name, const ApiRequest& request,
                     const std::optional<int64_t>& limit, size_t count,
                     const std::string& last_id) {
  if (!limit || count == 0 || static_cast<int64_t>(count) < *limit) return;
  json.key(name);
  json.begin_array();
  json.begin_object();
  json.field("rel", "next");
  json.field("href", openstack::next_page_url(url_base(request.http), request.http, last_id));
  json.end_object();
  json.end_array();
}

Response answer(base::JsonWriter& json, int status) {
  return openstack::json_response(status, json.take());
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

std::string canonical_address(const std::string& address) {
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &bytes, text.data(), text.size());
  return text.data();
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

void not_found(std::string message) { throw Error(ErrorKind::not_found, std::move(message)); }
void bad_request(std::string message) { throw Error(ErrorKind::bad_request, std::move(message)); }
void conflict(std::string message) { throw Error(ErrorKind::conflict, std::move(message)); }

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

void append(openstack::Routes& routes, openstack::Routes more) {
  for (openstack::Route& route : more) routes.push_back(std::move(route));
}

}  // namespace nova::api
