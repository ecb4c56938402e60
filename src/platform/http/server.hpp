// The HTTP/1.1 edge: keep-alive, TLS by tls_server.hpp, one I/O thread; requests are answered on a
// worker pool.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "platform/executor.hpp"
#include "platform/http/message.hpp"
#include "platform/http/tls_server.hpp"

namespace platform::http {

struct ServerOptions {
  size_t workers = 16;          // requests answered at once; idle connections cost no worker
  size_t stream_workers = 8;    // uploads and downloads at once, apart from the others
  size_t queue_limit = 1024;    // waiting requests; beyond it 503 with Retry-After
  size_t header_limit = 16384;  // bytes, else 431
  size_t body_limit = 1 << 20;  // bytes of a body that is not streamed, else 413
  base::Duration idle_timeout = std::chrono::seconds{75};
  base::Duration io_timeout = std::chrono::seconds{60};  // without a byte of progress
};

struct Listener {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  Handler handler;
  // True: the body is handed to the handler as a stream and not bounded by body_limit.
  std::function<bool(const Request&)> streams = nullptr;
  std::shared_ptr<TlsServer> tls = nullptr;  // null: plain HTTP
  // Other processes may listen at the same address and port, if they say so too; each connection
  // comes to one of them.
  bool shared = false;
};

// Serves from construction until destruction. The destructor takes no connection any more (whoever
// shares its ports gets them), answers the requests that have begun to come and the first request
// of those who have just connected, and breaks off what takes longer than 10 s to end.
class Server {
 public:
  explicit Server(ServerOptions options);
  ~Server();
  // The port that was bound. Throws base::Error(unavailable) naming address and port if it is
  // taken.
  uint16_t listen(Listener listener);
  // As listen, on a socket that is already listening (e.g. made in a network namespace). Owns it.
  // Returns what `release` takes.
  uint64_t adopt(int listening_socket, Handler handler);
  // Stops taking connections on an adopted socket and closes it.
  void release(uint64_t adopted);
  // Stops taking connections on that port.
  void close(uint16_t port);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace platform::http
