// The one error type: it ends an operation and, at the edge, becomes an OpenStack error body.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace base {

// What went wrong, independent of the wire. Each service maps a kind to a status and a body in
// exactly one place (openstack/error_body.hpp). Adding one: extend http_status() and to_text().
enum class ErrorKind {
  bad_request,             // 400
  unauthorized,            // 401: no or no valid token
  forbidden,               // 403: policy or quota says no
  not_found,               // 404: it is not there, or the caller may not know that it is
  method_not_allowed,      // 405
  not_acceptable,          // 406: e.g. a microversion that is not served
  conflict,                // 409: the state does not allow it
  gone,                    // 410: an API that OpenStack removed
  precondition_failed,     // 412: If-Match
  too_large,               // 413: body or quota
  unsupported_media_type,  // 415
  range_not_satisfiable,   // 416
  too_many_requests,       // 429
  internal,                // 500: our fault; the message must not tell details
  not_implemented,         // 501: exists in OpenStack, is not built here yet
  bad_gateway,             // 502: another service answered nonsense
  unavailable,             // 503: come back later
  timeout,                 // 504: a deadline passed
};

// The HTTP status that a kind stands for.
[[nodiscard]] int http_status(ErrorKind kind);
// The kind for a status that another service answered; `internal` for an unknown one.
[[nodiscard]] ErrorKind error_kind_for_status(int status);
// snake_case name, for logs and the bus.
[[nodiscard]] std::string_view to_text(ErrorKind kind);
[[nodiscard]] ErrorKind parse_error_kind(std::string_view text);

// Carries two messages that never mix: `message` goes to the user and says what to do; `detail`
// goes to the log only (SQL, paths, causes).
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, std::string detail = {});

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] const std::string& detail() const { return detail_; }
  // The exception name that some services put on the wire (Neutron: "NetworkNotFound"); may be
  // empty.
  [[nodiscard]] const std::string& type() const { return type_; }
  Error& with_type(std::string type);
  // "message (detail)": for logs.
  [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string detail_;
  std::string type_;
  std::string what_;
};

}  // namespace base
