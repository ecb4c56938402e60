#include "error_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace api_edge {
namespace {

using base::Json;
using openstack::ErrorStyle;

constexpr std::array<std::string_view, 10> kNovaElements{
    "badRequest",         "unauthorized", "forbidden",    "itemNotFound", "badMethod",
    "conflictingRequest", "overLimit",    "badMediaType", "computeFault", "notImplemented"};

// The object with the message, or nullptr if the shape is another one.
const Json* core_of(ErrorStyle style, const Json& body, int status) {
  const base::JsonObject* object = body.if_object();
  if (!object) return nullptr;
  if (status == 401 || style == ErrorStyle::keystone) return base::find(body, "error");
  if (style == ErrorStyle::glance) return &body;
  if (style == ErrorStyle::neutron) {
    const Json* error = base::find(body, "NeutronError");
    return error ? error : base::find(body, "NotImplementedError");
  }
  if (object->size() != 1) return nullptr;
  const auto& [key, core] = *object->begin();
  const bool known = std::find(kNovaElements.begin(), kNovaElements.end(),
                               std::string_view(key.data(), key.size())) != kNovaElements.end();
  return known ? &core : nullptr;
}

bool has_its_fields(ErrorStyle style, const Json& core, int status) {
  if (status == 401 || style == ErrorStyle::keystone)
    return base::integer_or(core, "code", 0) == status && !base::text_or(core, "title").empty();
  if (style == ErrorStyle::nova) return base::integer_or(core, "code", 0) == status;
  if (style == ErrorStyle::glance)
    return base::text_or(core, "code").starts_with(std::to_string(status)) &&
           !base::text_or(core, "title").empty();
  return !base::text_or(core, "type").empty() && base::find(core, "detail") != nullptr;
}

}  // namespace

std::optional<std::string> fault_in_error(ErrorStyle style, const platform::http::Request& request,
                                          const platform::http::Response& response) {
  const int status = response.status;
  if ((status < 400 || status > 499) && status != 501) return fmt::format("status {}", status);
  if (response.headers.value("x-openstack-request-id").empty()) return "no request id";
  if (request.method == "HEAD") return std::nullopt;
  if (!response.headers.value("Content-Type").starts_with("application/json"))
    return fmt::format("content type '{}'", response.headers.value("Content-Type"));
  Json body;
  try {
    body = base::parse_json(response.body);
  } catch (const std::exception&) {
    return "the body is no JSON: " + response.body;
  }
  const Json* core = core_of(style, body, status);
  if (!core || !has_its_fields(style, *core, status)) return "the body's shape: " + response.body;
  if (base::text_or(*core, "message").size() < 5) return "no message: " + response.body;
  return std::nullopt;
}

}  // namespace api_edge
