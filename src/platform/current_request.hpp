// Who this thread works for: every log line and trace hop carries it.
#pragma once

#include <string>

namespace platform {

struct CurrentRequest {
  std::string request_id;  // "req-<uuid>", empty outside a request
  std::string project_id;
  std::string user_id;
  std::string role;  // "nova-api", ...
  std::string host;
};

[[nodiscard]] const CurrentRequest& current_request();

// Sets it for this thread and restores the former one at the end of the scope.
class RequestScope {
 public:
  explicit RequestScope(CurrentRequest request);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  CurrentRequest former_;
};

}  // namespace platform
