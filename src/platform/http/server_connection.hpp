// One connection of a client: requests are read from it, handed to a handler, and answered.
//
// It belongs to the I/O thread while it waits for a request, reads it, or sends the rest of an
// answer to a slow client; it belongs to one worker while the request is answered. It is handed
// over by posting, never shared, so that nothing here needs a lock.
//
// Includes Boost.Beast: for server.cpp and server_connection.cpp alone.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>
#include <string>

#include "platform/http/asio_types.hpp"
#include "platform/http/blocking_socket.hpp"
#include "platform/http/open_connections.hpp"
#include "platform/http/response_head.hpp"
#include "platform/http/server.hpp"
#include "platform/http/server_endpoint.hpp"
#include "platform/http/upload_reader.hpp"

namespace platform::http {

// What the connections of a server work with.
struct ServerContext {
  explicit ServerContext(ServerOptions chosen)
      : options(chosen),
        workers(std::make_unique<WorkerPool>(system_executor(), "http", options.workers,
                                             options.queue_limit)),
        stream_workers(std::make_unique<WorkerPool>(system_executor(), "http-stream",
                                                    options.stream_workers, options.queue_limit)) {}

  const ServerOptions options;
  std::atomic<bool> draining = false;  // each connection ends with the request that it has begun
  OpenConnections connections;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<WorkerPool> stream_workers;
};

// Lives until the client is gone or answered for the last time. The server outlives it.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(ServerContext& server, Newcomer newcomer)
      : server_(server),
        listener_(std::move(newcomer.listener)),
        stream_(std::move(newcomer.socket)),
        descriptor_(stream_.socket().native_handle()),
        peer_address_(std::move(newcomer.address)) {}
  ~Connection() { server_.connections.leave(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The three are for the I/O thread.
  void start();
  // If it waits for a request and nothing of one has come; `also_new`: even for its first.
  void close_if_idle(bool also_new);
  // Wakes a worker that waits for the peer; the I/O thread alone closes the socket.
  void break_off() { ::shutdown(stream_.socket().native_handle(), SHUT_RDWR); }

 private:
  // On the I/O thread.
  void read_header();
  void on_header(ErrorCode error);
  void begin_request();
  bool refuse_request();
  void begin_stream();
  void begin_body();
  void read_body();
  void on_body(ErrorCode error);
  void dispatch(WorkerPool& pool);
  void refuse(int status, std::string sentence);
  void send_rest();
  void on_answered();
  void linger();
  void drain();

  // On a worker.
  void answer();
  Response call_handler();
  void end_upload();
  void send_answer(Response response);
  HeadOptions head_options(const Response& response) const;
  void hand_back();
  void start_transfer(const std::shared_ptr<BodySource>& source, std::string head, Framing framing);
  void transfer(BodySource& source, const std::string& head, Framing framing);

  BlockingSocket blocking_socket() const { return {descriptor_, server_.options.io_timeout}; }

  using Stream = boost::beast::basic_stream<Tcp, asio::io_context::executor_type>;
  using TextParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  ServerContext& server_;
  const std::shared_ptr<const Listener> listener_;
  Stream stream_;
  const int descriptor_;
  const std::string peer_address_;
  boost::beast::flat_buffer buffer_;
  bool waiting_ = false;  // for the beginning of a request; I/O thread only
  bool asked_ = false;    // at least once; I/O thread only

  // The exchange in progress.
  std::optional<TextParser> parser_;
  std::optional<UploadParser> upload_parser_;
  std::shared_ptr<UploadReader> upload_;
  Request request_;
  bool head_only_ = false;
  bool http_1_0_ = false;
  bool expects_continue_ = false;
  bool keep_alive_ = false;
  bool unread_ = false;  // a part of the request; the connection ends after the answer
  bool on_stream_worker_ = false;
  bool broken_ = false;
  std::string head_;
  std::string body_;
  size_t sent_ = 0;
};

}  // namespace platform::http
