// Sending requests to other services.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "platform/http/message.hpp"

namespace platform::http {

// Thread-safe. `url_base` is scheme and authority ("http://127.0.0.1:9696"). Throws
// base::Error(unavailable) if the peer cannot be reached, (timeout) past the timeout. Any answer,
// also 500, is returned. A Response::stream must be read before the transport is destroyed.
// For a streamed body, up or down, the timeout bounds a stall instead of the whole transfer.
// What Request::stream throws while it is read is thrown on to the caller.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Response send(const std::string& url_base, Request request, base::Duration timeout) = 0;
};

// libcurl with kept-alive connections. A body of type application/octet-stream arrives as
// Response::stream, in constant memory; any other as text of at most 64 MiB. Redirects are not
// followed and proxies of the environment are not used.
[[nodiscard]] std::unique_ptr<Transport> make_curl_transport();

// Calls handlers of this process inline, on the caller's thread, and hands every other URL to
// `fallback` (may be null: then Error(unavailable)). This is how services of one process talk.
// Bodies pass as they are: `take_body` reads them whichever way they are held.
class LocalTransport : public Transport {
 public:
  explicit LocalTransport(Transport* fallback = nullptr) : fallback_(fallback) {}
  // All `add`s happen before the first `send`.
  void add(const std::string& url_base, Handler handler);
  Response send(const std::string& url_base, Request request, base::Duration timeout) override;

 private:
  std::map<std::string, Handler> handlers_;
  Transport* fallback_;
};

}  // namespace platform::http
