// A listening socket of the server, and how clients come by it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "platform/http/asio_types.hpp"
#include "platform/http/server.hpp"

namespace platform::http {

// A client, by a socket on which it is plain HTTP.
struct Newcomer {
  std::shared_ptr<const Listener> listener;
  Socket socket;
  std::string address;
};

// Once it accepts, used on the I/O thread only.
class Endpoint : public std::enable_shared_from_this<Endpoint> {
 public:
  // Listens where `listener` says. Throws base::Error(unavailable) naming address and port if they
  // are taken.
  Endpoint(asio::io_context& io, Listener listener);
  // Owns a socket that listens already; `adopted` is a number of its own, not 0.
  Endpoint(asio::io_context& io, int listening_socket, Handler handler, uint64_t adopted);

  [[nodiscard]] const Listener& listener() const { return *listener_; }
  [[nodiscard]] uint64_t adopted() const { return adopted_; }  // 0: it was bound here

  // Every client goes to `take`, until close().
  void accept(std::function<void(Newcomer)> take);
  // Handshakes that have begun come to their end, others are not answered: the client's kernel asks
  // again after a second, when this socket has gone, and comes to another process that listens
  // there. Closing at once would reset what is in the socket's queue.
  void refuse_handshakes();
  void close();
  [[nodiscard]] bool is_open() const { return acceptor_.is_open(); }

 private:
  void bind();
  void accept_next();
  void take_in(Socket socket);

  std::shared_ptr<Listener> listener_;
  const uint64_t adopted_;
  Acceptor acceptor_;
  Timer pause_;
  std::function<void(Newcomer)> take_;
};

}  // namespace platform::http
