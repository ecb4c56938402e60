// What the handlers of all resources share: filters from queries, attributes from bodies, answers
// with links.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "keystone/app/core.hpp"
#include "openstack/api.hpp"

namespace keystone::api {

using app::Core;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using openstack::ApiRequest;
using openstack::Routes;
using openstack::Schema;
using platform::http::Response;

using Handler = Response (*)(Core&, ApiRequest&);
// Binds handlers to the core: {"GET", "/users", "identity:list_users", bind(list_users)}.
class Bind {
 public:
  explicit Bind(Core& core) : core_(core) {}
  openstack::ApiHandler operator()(Handler handler) const {
    return [&core = core_, handler](ApiRequest& request) { return handler(core, request); };
  }

 private:
  Core& core_;
};
// One table of several.
[[nodiscard]] Routes join(std::initializer_list<Routes> tables);

// For routes whose handler decides by the resource.
inline constexpr std::string_view kAuthenticated = "identity:authenticated";

// "http://host:5000/v3", as the client reached us or as configured.
[[nodiscard]] std::string url_base(const Core& core, const platform::http::Request& request);
[[nodiscard]] std::string url_base(const Core& core, const ApiRequest& request);

// --- queries

[[nodiscard]] std::optional<std::string> text_filter(const ApiRequest& request,
                                                     std::string_view name);
// As Keystone: present is true, "0", "false", "no", "off" are false.
[[nodiscard]] std::optional<bool> flag_filter(const ApiRequest& request, std::string_view name);

// --- bodies

// The object under `key`; throws Error(bad_request) if it is not there.
[[nodiscard]] const Json& entity_of(const ApiRequest& request, std::string_view key);
// Writes the member into the field if the client sent it.
void take(const Json& body, std::string_view key, std::string& field);
void take(const Json& body, std::string_view key, std::optional<std::string>& field);
void take(const Json& body, std::string_view key, bool& field);
void take(const Json& body, std::string_view key, int64_t& field);
// Merges the members that are not in `known` into `extra`, the text of a JSON object.
void take_extra(const Json& body, std::initializer_list<std::string_view> known,
                std::string& extra);
// Merges the member "options"; null removes an option.
void take_options(const Json& body, std::string& options);
// The domain for a new entity of a client that named none: that of its scope.
[[nodiscard]] std::string domain_of_scope(const Core& core, const ApiRequest& request);

// --- schemas

inline constexpr std::string_view kName =
    R"({"type":"string","minLength":1,"maxLength":255,"pattern":"[\\S]+"})";
inline constexpr std::string_view kShortName =
    R"({"type":"string","minLength":1,"maxLength":64,"pattern":"[\\S]+"})";
inline constexpr std::string_view kText = R"({"type":"string"})";
inline constexpr std::string_view kTextOrNull = R"({"type":["string","null"]})";
inline constexpr std::string_view kFlag = R"({"type":"boolean"})";
inline constexpr std::string_view kId =
    R"({"type":"string","minLength":1,"maxLength":64,"pattern":"^[a-zA-Z0-9-]+$"})";
inline constexpr std::string_view kIdOrNull =
    R"({"type":["string","null"],"minLength":1,"maxLength":64,"pattern":"^[a-zA-Z0-9-]+$"})";
inline constexpr std::string_view kObject = R"({"type":"object"})";
inline constexpr std::string_view kInteger = R"({"type":"integer"})";

struct Property {
  std::string_view name;
  std::string_view schema;
};
// A body {"KEY": {...}}; other members of the entity are welcome, as in Keystone.
[[nodiscard]] Schema entity_schema(std::string_view key, std::initializer_list<Property> properties,
                                   std::initializer_list<std::string_view> required = {},
                                   int min_properties = 0);

// --- answers

// The object of `extra` (JSON text) with "links": {"self": ...}.
[[nodiscard]] JsonObject start_view(const std::string& extra, const std::string& self);
[[nodiscard]] Json or_null(const std::optional<std::string>& text);
// "" as null.
[[nodiscard]] Json or_null(const std::string& text);
[[nodiscard]] Json time_or_null(const std::optional<base::TimePoint>& time);

// {"KEY": {...}}.
[[nodiscard]] Response entity_response(int status, std::string_view key, JsonObject view);
// {"KEY": [...], "links": {...}}.
[[nodiscard]] Response collection_response(const Core& core, const ApiRequest& request,
                                           std::string_view key, JsonArray views);
template <class Rows, class View>
[[nodiscard]] Response list_response(const Core& core, const ApiRequest& request,
                                     std::string_view key, const Rows& rows, View view) {
  const std::string base = url_base(core, request);
  JsonArray views;
  for (const auto& row : rows) views.push_back(view(row, base));
  return collection_response(core, request, key, std::move(views));
}

}  // namespace keystone::api
