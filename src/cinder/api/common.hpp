// What the handlers of every resource share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cinder/app/app.hpp"
#include "openstack/handlers.hpp"

namespace cinder::api {

using openstack::answer;
using openstack::ApiRequest;
using openstack::append;
using openstack::bad_request;
using openstack::bind;
using openstack::flag_of;
using openstack::inner;
using openstack::integer_of;
using openstack::Microversion;
using openstack::not_found;
using openstack::query_flag;
using openstack::text_of;
using openstack::write_text_or_null;
using openstack::write_time_or_null;
using platform::http::Response;

using AppHandler = Response (*)(app::App&, ApiRequest&);

inline constexpr Microversion kFirst{3, 0};
inline constexpr Microversion kLatest{3, 70};

// "http://host:port" as the client sees us.
[[nodiscard]] std::string url_base(const platform::http::Request& request);

// Writes "links" under the client's own URL.
class Links : public openstack::Links {
 public:
  Links(const platform::http::Request& request, std::string_view collection);
};

// A member that is a text, or null, or missing: both are nothing.
[[nodiscard]] std::optional<std::string> text_member(const base::Json& object,
                                                     std::string_view name);
// The same, where "display_NAME" was the word before; the new one counts.
[[nodiscard]] std::optional<std::string> renamed_member(const base::Json& object,
                                                        std::string_view name);
// Whether an object has the member under either word.
[[nodiscard]] bool has_renamed(const base::Json& object, std::string_view name);

// What OpenStack has and this cloud does not: 501.
[[nodiscard]] Response not_built(app::App& app, ApiRequest& request);

// Pieces of request schemas.
inline constexpr std::string_view kNameSchema =
    R"({"type":["string","null"],"minLength":0,"maxLength":255})";
inline constexpr std::string_view kMetadataSchema =
    R"({"type":["object","null"],"patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
    R"({"type":["string","null"],"maxLength":255}},"additionalProperties":false})";
inline constexpr std::string_view kFlagSchema =
    R"({"type":["boolean","string"],"enum":[true,"True","TRUE","true","1","ON","On","on","YES",)"
    R"("Yes","yes","y","t",false,"False","FALSE","false","0","OFF","Off","off","NO","No","no","n",)"
    R"("f"]})";

}  // namespace cinder::api
