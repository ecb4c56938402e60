#include "keystone/api/common.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/time.hpp"

namespace keystone::api {

Routes join(std::initializer_list<Routes> tables) {
  Routes all;
  for (const Routes& table : tables) all.insert(all.end(), table.begin(), table.end());
  return all;
}

std::string url_base(const Core& core, const platform::http::Request& request) {
  if (!core.settings.public_endpoint.empty()) {
    std::string base = core.settings.public_endpoint;
    while (base.ends_with('/')) base.pop_back();
    return base.ends_with("/v3") ? base : base + "/v3";
  }
  return platform::http::origin(request, "127.0.0.1:5000") + "/v3";
}

std::string url_base(const Core& core, const ApiRequest& request) {
  return url_base(core, request.http);
}

std::optional<std::string> text_filter(const ApiRequest& request, std::string_view name) {
  const auto value = request.query.get(name);
  if (!value) return std::nullopt;
  return std::string(*value);
}

std::optional<bool> flag_filter(const ApiRequest& request, std::string_view name) {
  const auto value = request.query.get(name);
  if (!value) return std::nullopt;
  const std::string text = base::lower(*value);
  return text != "0" && text != "false" && text != "no" && text != "off";
}

const Json& entity_of(const ApiRequest& request, std::string_view key) {
  const Json* entity = base::find(request.body, key);
  if (!entity || !entity->is_object())
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("'{}' is a required property", key));
  return *entity;
}

void take(const Json& body, std::string_view key, std::string& field) {
  const Json* value = base::find(body, key);
  if (!value) return;
  field = value->is_string() ? std::string(value->get_string()) : std::string();
}

void take(const Json& body, std::string_view key, std::optional<std::string>& field) {
  const Json* value = base::find(body, key);
  if (!value) return;
  field.reset();
  if (value->is_string()) field = std::string(value->get_string());
}

void take(const Json& body, std::string_view key, bool& field) {
  const Json* value = base::find(body, key);
  if (value && value->is_bool()) field = value->get_bool();
}

void take(const Json& body, std::string_view key, int64_t& field) {
  const Json* value = base::find(body, key);
  if (value && value->is_int64()) field = value->get_int64();
}

void take_extra(const Json& body, std::initializer_list<std::string_view> known,
                std::string& extra) {
  JsonObject merged = base::parse_json(extra).as_object();
  for (const auto& [key, value] : body.as_object()) {
    const std::string_view name(key.data(), key.size());
    if (name == "id" || name == "links" || name == "options") continue;
    if (std::ranges::find(known, name) == known.end()) merged[key] = value;
  }
  extra = base::to_text(Json(std::move(merged)));
}

void take_options(const Json& body, std::string& options) {
  const Json* sent = base::find(body, "options");
  if (!sent || !sent->is_object()) return;
  JsonObject merged = base::parse_json(options).as_object();
  for (const auto& [key, value] : sent->get_object()) {
    if (value.is_null())
      merged.erase(key);
    else
      merged[key] = value;
  }
  options = base::to_text(Json(std::move(merged)));
}

std::string domain_of_scope(const Core& core, const ApiRequest& request) {
  const openstack::Identity& identity = request.context.identity;
  if (!identity.domain_id.empty()) return identity.domain_id;
  if (!identity.project_domain_id.empty()) return identity.project_domain_id;
  return core.settings.default_domain_id;
}

Schema entity_schema(std::string_view key, std::initializer_list<Property> properties,
                     std::initializer_list<std::string_view> required, int min_properties) {
  base::JsonWriter w;
  w.begin_object();
  w.field("type", "object");
  w.key("required");
  w.begin_array();
  w.value(key);
  w.end_array();
  w.key("properties");
  w.begin_object();
  w.key(key);
  w.begin_object();
  w.field("type", "object");
  if (min_properties > 0) w.field("minProperties", min_properties);
  w.key("required");
  w.begin_array();
  for (const std::string_view name : required) w.value(name);
  w.end_array();
  w.key("properties");
  w.begin_object();
  for (const Property& property : properties) {
    w.key(property.name);
    w.raw(property.schema);
  }
  w.end_object();
  w.end_object();
  w.end_object();
  w.end_object();
  return Schema(w.text());
}

JsonObject start_view(const std::string& extra, const std::string& self) {
  JsonObject view = base::parse_json(extra).as_object();
  view["links"] = JsonObject{{"self", self}};
  return view;
}

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json time_or_null(const std::optional<base::TimePoint>& time) {
  return time ? Json(base::format_microseconds(*time)) : Json(nullptr);
}

Response entity_response(int status, std::string_view key, JsonObject view) {
  JsonObject body;
  body[key] = std::move(view);
  return openstack::json_response(status, base::to_text(Json(std::move(body))));
}

Response collection_response(const Core& core, const ApiRequest& request, std::string_view key,
                             JsonArray views) {
  std::string self = url_base(core, request);
  self.resize(self.size() - std::string_view("/v3").size());
  self += request.http.path;
  if (!request.http.query_text.empty()) self += "?" + request.http.query_text;
  JsonObject body;
  body[key] = std::move(views);
  body["links"] = JsonObject{{"next", nullptr}, {"self", std::move(self)}, {"previous", nullptr}};
  return openstack::json_response(200, base::to_text(Json(std::move(body))));
}

}  // namespace keystone::api
