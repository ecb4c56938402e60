#include "openstack/error_body.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "openstack/policy.hpp"

namespace openstack {
namespace {

using base::ErrorKind;
using platform::http::Request;
using platform::http::Response;

struct StatusRow {
  ErrorKind kind;
  std::string_view title;         // HTTP's reason phrase
  std::string_view nova_element;  // nova/api/openstack/wsgi.py, Fault._fault_names
  std::string_view webob_class;   // Neutron's type for errors without a class of their own
};

constexpr std::array kStatusRows{
    StatusRow{ErrorKind::bad_request, "Bad Request", "badRequest", "HTTPBadRequest"},
    StatusRow{ErrorKind::unauthorized, "Unauthorized", "unauthorized", "HTTPUnauthorized"},
    StatusRow{ErrorKind::forbidden, "Forbidden", "forbidden", "HTTPForbidden"},
    StatusRow{ErrorKind::not_found, "Not Found", "itemNotFound", "HTTPNotFound"},
    StatusRow{ErrorKind::method_not_allowed, "Method Not Allowed", "badMethod",
              "HTTPMethodNotAllowed"},
    StatusRow{ErrorKind::not_acceptable, "Not Acceptable", "computeFault", "HTTPNotAcceptable"},
    StatusRow{ErrorKind::conflict, "Conflict", "conflictingRequest", "HTTPConflict"},
    StatusRow{ErrorKind::gone, "Gone", "computeFault", "HTTPGone"},
    StatusRow{ErrorKind::precondition_failed, "Precondition Failed", "computeFault",
              "HTTPPreconditionFailed"},
    StatusRow{ErrorKind::too_large, "Request Entity Too Large", "overLimit",
              "HTTPRequestEntityTooLarge"},
    StatusRow{ErrorKind::unsupported_media_type, "Unsupported Media Type", "badMediaType",
              "HTTPUnsupportedMediaType"},
    StatusRow{ErrorKind::range_not_satisfiable, "Requested Range Not Satisfiable", "computeFault",
              "HTTPRequestRangeNotSatisfiable"},
    StatusRow{ErrorKind::too_many_requests, "Too Many Requests", "overLimit",
              "HTTPTooManyRequests"},
    StatusRow{ErrorKind::internal, "Internal Server Error", "computeFault",
              "HTTPInternalServerError"},
    StatusRow{ErrorKind::not_implemented, "Not Implemented", "notImplemented",
              "HTTPNotImplemented"},
    StatusRow{ErrorKind::bad_gateway, "Bad Gateway", "computeFault", "HTTPBadGateway"},
    StatusRow{ErrorKind::unavailable, "Service Unavailable", "serviceUnavailable",
              "HTTPServiceUnavailable"},
    StatusRow{ErrorKind::timeout, "Gateway Timeout", "computeFault", "HTTPGatewayTimeout"},
};

const StatusRow& row_of(ErrorKind kind) {
  return *std::find_if(kStatusRows.begin(), kStatusRows.end(),
                       [kind](const StatusRow& row) { return row.kind == kind; });
}

// Neutron and Keystone have wordings of their own for what a policy denies.
std::string message_in(ErrorStyle style, const base::Error& error) {
  if (error.type() != kPolicyNotAuthorized) return error.message();
  switch (style) {
    case ErrorStyle::keystone:
      return fmt::format("You are not authorized to perform the requested action: {}.",
                         error.detail());
    case ErrorStyle::neutron:
      return fmt::format("rule:{} is disallowed by policy", error.detail());
    case ErrorStyle::glance:
      return "You are not authorized to complete this action.";
    case ErrorStyle::nova:
      return error.message();
  }
  return error.message();
}

std::string keystone_body(const StatusRow& row, const std::string& message) {
  base::JsonWriter w;
  w.begin_object();
  w.key("error");
  w.begin_object();
  w.field("code", base::http_status(row.kind));
  w.field("message", message);
  w.field("title", row.title);
  w.end_object();
  w.end_object();
  return w.take();
}

std::string nova_body(const StatusRow& row, const std::string& message) {
  base::JsonWriter w;
  w.begin_object();
  w.key(row.nova_element);
  w.begin_object();
  w.field("code", base::http_status(row.kind));
  w.field("message", message);
  w.end_object();
  w.end_object();
  return w.take();
}

std::string neutron_body(const StatusRow& row, const base::Error& error,
                         const std::string& message) {
  base::JsonWriter w;
  w.begin_object();
  // neutron/api/api_common.py gives a NotImplementedError an element of its own.
  w.key(row.kind == ErrorKind::not_implemented ? "NotImplementedError" : "NeutronError");
  w.begin_object();
  w.field("type", error.type().empty() ? row.webob_class : std::string_view(error.type()));
  w.field("message", message);
  w.field("detail", "");
  w.end_object();
  w.end_object();
  return w.take();
}

std::string escape_html(std::string text) {
  text = base::replace_all(std::move(text), "&", "&amp;");
  text = base::replace_all(std::move(text), "<", "&lt;");
  text = base::replace_all(std::move(text), ">", "&gt;");
  return base::replace_all(std::move(text), "\"", "&quot;");
}

// The three shapes of webob.exc.WSGIHTTPException.generate_response. "*/*" gets the first offer,
// which is HTML.
Response webob_response(const StatusRow& row, const std::string& message, const Request& request) {
  Response response;
  response.status = base::http_status(row.kind);
  const std::string status = fmt::format("{} {}", response.status, row.title);
  const std::string_view accept = request.headers.value("Accept");
  const bool html = accept.find("text/html") != std::string_view::npos ||
                    accept.find("*/*") != std::string_view::npos;
  const bool json = accept.find("application/json") != std::string_view::npos;
  if (json) {
    base::JsonWriter w;
    w.begin_object();
    w.field("message", message + "<br /><br />\n\n\n");
    w.field("code", status);
    w.field("title", row.title);
    w.end_object();
    response.headers.set("Content-Type", "application/json; charset=UTF-8");
    response.body = w.take();
  } else if (html) {
    response.headers.set("Content-Type", "text/html; charset=UTF-8");
    response.body = fmt::format(
        "<html>\n <head>\n  <title>{0}</title>\n </head>\n <body>\n  <h1>{0}</h1>\n  {1}<br />"
        "<br />\n\n\n\n </body>\n</html>",
        status, escape_html(message));
  } else {
    response.headers.set("Content-Type", "text/plain; charset=UTF-8");
    response.body = fmt::format("{}\n\n{}\n\n\n", status, message);
  }
  return response;
}

Response json_error(ErrorKind kind, std::string body) {
  Response response;
  response.status = base::http_status(kind);
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

std::string without_tags(std::string_view text) {
  std::string out;
  bool in_tag = false;
  for (const char c : text) {
    if (c == '<') in_tag = true;
    if (!in_tag) out += c;
    if (c == '>') in_tag = false;
  }
  return std::string(base::trim(out));
}

// "message" as a member, or one level down: {"itemNotFound": {"message": ...}}.
std::string message_of_json(const base::Json& json) {
  if (const std::string message = base::text_or(json, "message"); !message.empty())
    return std::string(base::trim(base::replace_all(message, "<br />", "")));
  const base::JsonObject* object = json.if_object();
  if (!object) return "";
  for (const auto& [name, member] : *object) {
    if (const std::string message = base::text_or(member, "message"); !message.empty())
      return message;
    if (member.is_string() && name == "NeutronError") return std::string(member.get_string());
  }
  return "";
}

}  // namespace

Response error_response(ErrorStyle style, const base::Error& error, const Request& request) {
  const StatusRow& row = row_of(error.kind());
  const std::string message = message_in(style, error);
  switch (style) {
    case ErrorStyle::keystone:
      return json_error(error.kind(), keystone_body(row, message));
    case ErrorStyle::nova:
      return json_error(error.kind(), nova_body(row, message));
    case ErrorStyle::neutron:
      return json_error(error.kind(), neutron_body(row, error, message));
    case ErrorStyle::glance:
      return webob_response(row, message, request);
  }
  return json_error(error.kind(), keystone_body(row, message));
}

Response unauthorized_response(const std::string& keystone_url) {
  Response response = json_error(
      ErrorKind::unauthorized, keystone_body(row_of(ErrorKind::unauthorized),
                                             "The request you have made requires authentication."));
  response.headers.set("WWW-Authenticate", fmt::format("Keystone uri=\"{}\"", keystone_url));
  return response;
}

std::string message_of_error_body(std::string_view body) {
  if (base::trim(body).empty()) return "";
  try {
    return message_of_json(base::parse_json(body));
  } catch (const base::Error&) {
    // HTML and plain text: the line after the title is the explanation.
    const std::string text = without_tags(body);
    const size_t line = text.rfind('\n');
    return std::string(base::trim(line == std::string::npos ? text : text.substr(line)));
  }
}

}  // namespace openstack
