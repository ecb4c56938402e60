// What the handlers of every resource share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "nova/app/app.hpp"
#include "openstack/api.hpp"

namespace nova::api {

using openstack::ApiRequest;
using openstack::Microversion;
using platform::http::Response;

// A handler that works on an App.
using AppHandler = Response (*)(app::App&, ApiRequest&);
[[nodiscard]] inline openstack::ApiHandler bind(app::App& app, AppHandler handler) {
  return [&app, handler](ApiRequest& request) { return handler(app, request); };
}

inline constexpr Microversion kFirst{2, 1};
inline constexpr Microversion kLatest{2, 79};

// "http://host:port" as the client sees us.
[[nodiscard]] std::string url_base(const platform::http::Request& request);
// What stands between url_base and the resource in the client's own URL: "/v2.1" or
// "/v2.1/{project_id}".
[[nodiscard]] std::string version_path(const platform::http::Request& request);

// Writes "links": self and bookmark, as every resource has them.
class Links {
 public:
  Links(const platform::http::Request& request, std::string_view collection);
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
// "NAME_links": the next page, if `count` items filled the page.
void write_next_link(base::JsonWriter& json, std::string_view name, const ApiRequest& request,
                     const std::optional<int64_t>& limit, size_t count, const std::string& last_id);

[[nodiscard]] Response answer(base::JsonWriter& json, int status = 200);

// The object under the one key of a body that the route's schema has checked.
[[nodiscard]] const base::Json& inner(const ApiRequest& request, std::string_view key);
// The text of a number or text.
[[nodiscard]] std::string text_of(const base::Json& value);
// A number that may be given as text, as Nova allows it.
[[nodiscard]] int64_t integer_of(const base::Json& value);
// An IP address as it is kept and shown: IPv6 in its shortest form.
[[nodiscard]] std::string canonical_address(const std::string& address);
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

// Pieces of request schemas.
inline constexpr std::string_view kNameSchema =
    R"({"type":"string","minLength":1,"maxLength":255,"format":"name"})";

// Appends a resource's rows to the table.
void append(openstack::Routes& routes, openstack::Routes more);

}  // namespace nova::api
