// Requests to one account of Swift, signed in by TempAuth or Keystone.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/json.hpp"
#include "glance/drivers/object_stores.hpp"

namespace glance::drivers {

struct SwiftRequest {
  std::string method;
  std::string path;  // below the account: "/container/object"
  platform::http::Query query = {};
  platform::http::Headers headers = {};
  std::string body = {};
};

// Thread-safe. Signs in when needed, and once more when a token is refused. Errors of signing in
// are Error(unavailable): what is wrong stands in the log.
class SwiftSession {
 public:
  SwiftSession(const StoreEnvironment& environment, SwiftOptions options)
      : environment_(environment), options_(std::move(options)) {}

  // For what may be done twice: it is, if the storage fails.
  platform::http::Response send(const SwiftRequest& request);
  [[nodiscard]] const SwiftOptions& options() const { return options_; }

 private:
  struct Account {
    std::string url_base;
    std::string path;  // "/v1/AUTH_test"
    std::string token;
  };
  platform::http::Response send_signed_in(const SwiftRequest& request);
  platform::http::Response send_once(const SwiftRequest& request, const Account& account);
  std::shared_ptr<const Account> account();
  void forget(const std::shared_ptr<const Account>& refused);
  [[nodiscard]] Account sign_in() const;
  [[nodiscard]] Account sign_in_to_tempauth() const;
  [[nodiscard]] Account sign_in_to_keystone() const;
  [[nodiscard]] std::string storage_url(const base::Json& token) const;

  StoreEnvironment environment_;
  SwiftOptions options_;
  std::mutex mutex_;
  std::shared_ptr<const Account> account_;
};

}  // namespace glance::drivers
