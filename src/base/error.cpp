#include "base/error.hpp"

#include <array>
#include <utility>

namespace base {
namespace {

struct Row {
  ErrorKind kind;
  int status;
  std::string_view name;
};

constexpr std::array kRows{
    Row{ErrorKind::bad_request, 400, "bad_request"},
    Row{ErrorKind::unauthorized, 401, "unauthorized"},
    Row{ErrorKind::forbidden, 403, "forbidden"},
    Row{ErrorKind::not_found, 404, "not_found"},
    Row{ErrorKind::method_not_allowed, 405, "method_not_allowed"},
    Row{ErrorKind::not_acceptable, 406, "not_acceptable"},
    Row{ErrorKind::conflict, 409, "conflict"},
    Row{ErrorKind::gone, 410, "gone"},
    Row{ErrorKind::precondition_failed, 412, "precondition_failed"},
    Row{ErrorKind::too_large, 413, "too_large"},
    Row{ErrorKind::unsupported_media_type, 415, "unsupported_media_type"},
    Row{ErrorKind::range_not_satisfiable, 416, "range_not_satisfiable"},
    Row{ErrorKind::too_many_requests, 429, "too_many_requests"},
    Row{ErrorKind::internal, 500, "internal"},
    Row{ErrorKind::not_implemented, 501, "not_implemented"},
    Row{ErrorKind::bad_gateway, 502, "bad_gateway"},
    Row{ErrorKind::unavailable, 503, "unavailable"},
    Row{ErrorKind::timeout, 504, "timeout"},
};

}  // namespace

int http_status(ErrorKind kind) {
  for (const Row& row : kRows)
    if (row.kind == kind) return row.status;
  return 500;
}

ErrorKind error_kind_for_status(int status) {
  for (const Row& row : kRows)
    if (row.status == status) return row.kind;
  return ErrorKind::internal;
}

std::string_view to_text(ErrorKind kind) {
  for (const Row& row : kRows)
    if (row.kind == kind) return row.name;
  return "internal";
}

ErrorKind parse_error_kind(std::string_view text) {
  for (const Row& row : kRows)
    if (row.name == text) return row.kind;
  return ErrorKind::internal;
}

Error::Error(ErrorKind kind, std::string message, std::string detail)
    : kind_(kind), message_(std::move(message)), detail_(std::move(detail)), what_(message_) {
  if (!detail_.empty()) what_ += " (" + detail_ + ")";
}

Error& Error::with_type(std::string type) {
  type_ = std::move(type);
  return *this;
}

}  // namespace base
