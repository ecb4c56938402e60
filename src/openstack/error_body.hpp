// The one place where an error becomes bytes: each service's own shape.
#pragma once

#include <string>

#include "base/error.hpp"
#include "platform/http/message.hpp"

namespace openstack {

enum class ErrorStyle {
  keystone,  // {"error":{"code":404,"message":...,"title":"Not Found"}}
  nova,      // {"itemNotFound":{"code":404,"message":...}}; Cinder too
  neutron,   // {"NeutronError":{"type":...,"message":...,"detail":""}}
  glance,    // by Accept: JSON {"message","code","title"}, HTML or plain text, as WebOb
};

// `request` for its Accept header. Internal errors say nothing of their detail.
[[nodiscard]] platform::http::Response error_response(ErrorStyle style, const base::Error& error,
                                                      const platform::http::Request& request);
// What every service answers without a valid token (keystonemiddleware's body, 401, with
// WWW-Authenticate naming `keystone_url`).
[[nodiscard]] platform::http::Response unauthorized_response(const std::string& keystone_url);

// Reads the message out of another service's error body, whatever its style; "" if there is none.
[[nodiscard]] std::string message_of_error_body(std::string_view body);

}  // namespace openstack
