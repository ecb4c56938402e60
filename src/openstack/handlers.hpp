// What the handlers of APIs in Nova's manner share (Nova's and Cinder's): pieces of bodies in and
// out.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"
#include "openstack/api.hpp"

namespace openstack {

// A handler that works on its service's App.
template <class App>
[[nodiscard]] ApiHandler bind(App& app, platform::http::Response (*handler)(App&, ApiRequest&)) {
  return [&app, handler](ApiRequest& request) { return handler(app, request); };
}

// How the client's own URL of a collection begins, with and without what names the version.
struct LinkBase {
  std::string with_version;     // "http://host:port/v2.1/{project_id}"
  std::string without_version;  // "http://host:port/{project_id}"
};
// `authority` without a Host header; `prefix` as in ApiDefinition.
[[nodiscard]] LinkBase link_base(const platform::http::Request& request, std::string_view authority,
                                 std::string_view prefix);

// Writes "links": self and bookmark, as every resource has them.
class Links {
 public:
  Links(const LinkBase& base, std::string_view collection);
  void write(base::JsonWriter& json, std::string_view id) const;
  // With a third one, "alternate": the same thing in another service.
  void write(base::JsonWriter& json, std::string_view id, std::string_view alternate,
             std::string_view type) const;
  // Only the bookmark: how other resources refer to one.
  void write_bookmark(base::JsonWriter& json, std::string_view id) const;

 private:
  void write_two(base::JsonWriter& json, std::string_view id) const;
  std::string self_;
  std::string bookmark_;
};
// "NAME_links": the next page, whose URL begins with `url_base`.
void write_next_link(base::JsonWriter& json, std::string_view name, const std::string& url_base,
                     const platform::http::Request& request, const std::string& last_id);

[[nodiscard]] platform::http::Response answer(base::JsonWriter& json, int status = 200);

// The object under the one key of a body that the route's schema has checked.
[[nodiscard]] const base::Json& inner(const ApiRequest& request, std::string_view key);
// The text of a number or text.
[[nodiscard]] std::string text_of(const base::Json& value);
// A number that may be given as text.
[[nodiscard]] int64_t integer_of(const base::Json& value);
// A flag that may be given as text ("True").
[[nodiscard]] bool flag_of(const base::Json& value);
// A flag of the query; throws Error(bad_request) for nonsense.
[[nodiscard]] bool query_flag(const ApiRequest& request, std::string_view name, bool fallback);

// "Invalid input for query parameters NAME ..." unless all names are known.
void refuse_unknown_query(const ApiRequest& request, std::initializer_list<std::string_view> known);

[[noreturn]] void not_found(std::string message);
[[noreturn]] void bad_request(std::string message);
[[noreturn]] void conflict(std::string message);

// Null for an empty text.
void write_text_or_null(base::JsonWriter& json, std::string_view name, std::string_view text);
void write_time_or_null(base::JsonWriter& json, std::string_view name,
                        const std::optional<base::TimePoint>& time);

// Appends a resource's rows to the table.
void append(Routes& routes, Routes more);

// ---- "metadata" as servers, images, volumes and snapshots have it
// ---------------------------------------------------

using Metadata = std::map<std::string, std::string>;

// {"metadata": {...}} and {"meta": {KEY: VALUE}}.
[[nodiscard]] platform::http::Response answer_metadata(const Metadata& metadata);
[[nodiscard]] platform::http::Response answer_metadata_item(const std::string& key,
                                                            const std::string& value);
// The bodies that change all of it, and one item.
[[nodiscard]] const Schema& metadata_schema();
[[nodiscard]] const Schema& metadata_item_schema();
// The value of the item that body and URL name; throws Error(bad_request) if they differ.
[[nodiscard]] std::string metadata_item(const ApiRequest& request, const std::string& key);

}  // namespace openstack
