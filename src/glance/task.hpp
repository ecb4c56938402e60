// A task: an import that goes on after its request was answered, as clients see it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"

namespace glance {

inline constexpr std::string_view kTaskPending = "pending";
inline constexpr std::string_view kTaskProcessing = "processing";
inline constexpr std::string_view kTaskSuccess = "success";
inline constexpr std::string_view kTaskFailure = "failure";

// Ways of import: the member "name" of a request's "method".
inline constexpr std::string_view kGlanceDirect = "glance-direct";      // what is staged
inline constexpr std::string_view kWebDownload = "web-download";        // what a URL leads to
inline constexpr std::string_view kGlanceDownload = "glance-download";  // of another region
inline constexpr std::string_view kCopyImage = "copy-image";            // from store to store

// What is to be imported: Task::input.
struct ImportInput {
  std::string image_id;
  base::Json import_req;             // the client's request
  std::vector<std::string> backend;  // stores; one without a name if they have none
};
BOOST_DESCRIBE_STRUCT(ImportInput, (), (image_id, import_req, backend))

struct Task {
  std::string id;
  std::string type = "api_image_import";
  std::string status{kTaskPending};
  std::string owner;  // project id
  std::string user_id;
  std::string request_id;
  std::string image_id;
  ImportInput input;
  std::string message;  // why it failed
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  std::optional<base::TimePoint> expires_at;  // of one that has ended
};
BOOST_DESCRIBE_STRUCT(Task, (),
                      (id, type, status, owner, user_id, request_id, image_id, input, message,
                       created_at, updated_at, expires_at))

[[nodiscard]] inline std::string import_method(const ImportInput& input) {
  const base::Json* method = base::find(input.import_req, "method");
  return method ? base::text_or(*method, "name") : "";
}
// Whether one store that fails makes all of it fail.
[[nodiscard]] inline bool all_must_succeed(const ImportInput& input) {
  return base::boolean_or(input.import_req, "all_stores_must_succeed", true);
}

}  // namespace glance
