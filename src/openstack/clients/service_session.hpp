// How one service calls another: as its own service user, over REST, with the request id passed on.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "openstack/context.hpp"
#include "platform/http/client.hpp"
#include "platform/runtime.hpp"

namespace openstack::clients {

struct ServiceCredentials {
  std::string auth_url;  // "http://127.0.0.1:5000/v3"
  std::string username = "nova";
  std::string password;
  std::string project_name = "service";
  std::string domain_id = "default";
};

// "http://127.0.0.1:5000/v3/" -> {"http://127.0.0.1:5000", "/v3"}: what a Transport takes, and what
// the paths there begin with.
[[nodiscard]] std::pair<std::string, std::string> split_url(const std::string& url);

// Thread-safe. Signs in when needed (one thread does, the others wait for it), keeps the token
// until shortly before it expires, and signs in again once when a service answers 401.
class ServiceSession {
 public:
  ServiceSession(platform::http::Transport& transport, ServiceCredentials credentials,
                 platform::Runtime runtime);

  // Sends to `url_base` (scheme and authority) and returns any answer below 400. Throws base::Error
  // of the kind of the status, with the other service's message, otherwise. `request_id` goes out
  // as X-OpenStack-Request-ID.
  platform::http::Response send(const std::string& url_base, platform::http::Request request,
                                const std::string& request_id,
                                base::Duration timeout = std::chrono::seconds{60});
  // The same with a JSON body, giving the JSON answer (null if it has no body).
  base::Json call(const std::string& url_base, const std::string& method, const std::string& target,
                  const base::Json& body, const std::string& request_id,
                  base::Duration timeout = std::chrono::seconds{60});

 private:
  std::string token();
  // True: it is this thread's turn to sign in. False: `turn` is set when that of another is over.
  bool take_turn(std::shared_ptr<platform::Event>& turn);
  void end_turn();
  // `refused` is no longer used by anybody.
  void forget(const std::string& refused);
  std::string sign_in();

  platform::http::Transport& transport_;
  ServiceCredentials credentials_;
  platform::Runtime runtime_;
  std::mutex mutex_;
  std::string token_;
  base::TimePoint expires_{};
  bool signing_in_ = false;
  std::vector<std::shared_ptr<platform::Event>> waiting_;
};

}  // namespace openstack::clients
