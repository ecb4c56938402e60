// What the handlers of every resource share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nova/app/app.hpp"
#include "openstack/handlers.hpp"

namespace nova::api {

using openstack::answer;
using openstack::answer_metadata;
using openstack::answer_metadata_item;
using openstack::ApiRequest;
using openstack::append;
using openstack::bad_request;
using openstack::bind;
using openstack::conflict;
using openstack::flag_of;
using openstack::inner;
using openstack::integer_of;
using openstack::Metadata;
using openstack::metadata_item;
using openstack::metadata_item_schema;
using openstack::metadata_schema;
using openstack::Microversion;
using openstack::not_found;
using openstack::query_flag;
using openstack::refuse_unknown_query;
using openstack::text_of;
using openstack::write_text_or_null;
using openstack::write_time_or_null;
using platform::http::Response;

// A handler that works on an App.
using AppHandler = Response (*)(app::App&, ApiRequest&);

inline constexpr Microversion kFirst{2, 1};
inline constexpr Microversion kLatest{2, 79};

// "http://host:port" as the client sees us.
[[nodiscard]] std::string url_base(const platform::http::Request& request);
// Where the client finds a server, but for its id.
[[nodiscard]] std::string server_url(const platform::http::Request& request);

// Writes "links" under the client's own URL.
class Links : public openstack::Links {
 public:
  Links(const platform::http::Request& request, std::string_view collection);
};
// "NAME_links": the next page, if `count` items filled the page.
void write_next_link(base::JsonWriter& json, std::string_view name, const ApiRequest& request,
                     const std::optional<int64_t>& limit, size_t count, const std::string& last_id);

// An IP address as it is kept and shown: IPv6 in its shortest form.
[[nodiscard]] std::string canonical_address(const std::string& address);

// Throws Error(forbidden) if there are more metadata items than the project's quota allows.
void check_metadata_limit(app::App& app, const ApiRequest& request, size_t items);

// Pieces of request schemas.
inline constexpr std::string_view kNameSchema =
    R"({"type":"string","minLength":1,"maxLength":255,"format":"name"})";

// The last segment of a reference that may be a URL.
[[nodiscard]] std::string id_of_reference(const base::Json& reference);

}  // namespace nova::api
