#include "openstack/request_body.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace openstack {
namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* kKeystoneWants =
    "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect. The client is assumed to be in error.";

std::string media_type(const platform::http::Request& request) {
  const std::string_view header = request.headers.value("Content-Type");
  return base::lower(base::trim(header.substr(0, header.find(';'))));
}

void check_media_type(ErrorStyle style, const platform::http::Request& request) {
  const std::string type = media_type(request);
  if (type.empty() || type == "application/json") return;
  // nova/api/openstack/wsgi.py takes text/plain for "not said".
  if (style == ErrorStyle::nova && type != "text/plain" &&
      type != "application/vnd.openstack.compute+json")
    throw Error(ErrorKind::unsupported_media_type, "Unsupported Content-Type");
  if (style == ErrorStyle::keystone)
    throw Error(ErrorKind::bad_request,
                std::string("Expecting to find application/json in Content-Type header. ") +
                    kKeystoneWants);
}

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// Nothing that has a meaning holds a NUL: what is written in C behind us (dnsmasq, QEMU, a
// database's client library) would see the text end there.
bool has_nul(const base::Json& value) {
  if (value.is_string()) return has_nul(std::string_view(value.get_string()));
  if (const base::JsonArray* array = value.if_array())
    return std::any_of(array->begin(), array->end(),
                       [](const base::Json& item) { return has_nul(item); });
  if (const base::JsonObject* object = value.if_object())
    return std::any_of(object->begin(), object->end(), [](const auto& member) {
      return has_nul(std::string_view(member.key())) || has_nul(member.value());
    });
  return false;
}

}  // namespace

void refuse_body(ErrorStyle style) {
  switch (style) {
    case ErrorStyle::keystone:
      throw Error(ErrorKind::bad_request,
                  std::string("Expecting to find valid JSON in request body. ") + kKeystoneWants);
    case ErrorStyle::glance:
      throw Error(ErrorKind::bad_request, "Malformed JSON in request body.");
    case ErrorStyle::neutron:
      throw Error(ErrorKind::bad_request, "Malformed request body: Cannot understand JSON.");
    case ErrorStyle::nova:
      break;
  }
  throw Error(ErrorKind::bad_request, "Malformed request body");
}

base::Json read_json_body(ErrorStyle style, const platform::http::Request& request) {
  if (base::trim(request.body).empty()) return nullptr;
  check_media_type(style, request);
  base::Json body;
  try {
    body = base::parse_json(request.body);
  } catch (const Error&) {
    refuse_body(style);
  }
  if (has_nul(body))
    throw Error(ErrorKind::bad_request, "Malformed request body: text must not hold NUL.");
  return body;
}

}  // namespace openstack
