// The only translation unit with Boost.Beast and Asio: they cost 14 s and 700 MB to compile.
//
// A connection belongs to the I/O thread while it waits for a request, reads it, or sends the rest
// of an answer to a slow client; it belongs to one worker while the request is answered. It is
// handed over by posting, never shared, so that nothing here needs a lock but the list of
// connections.
#include "platform/http/server.hpp"

#include <linux/filter.h>
#include <sys/socket.h>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <csignal>
#include <future>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "platform/http/blocking_socket.hpp"
#include "platform/http/body_sender.hpp"
#include "platform/http/response_head.hpp"
#include "platform/http/upload_reader.hpp"
#include "platform/log.hpp"

namespace platform::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using ErrorCode = boost::system::error_code;
using Tcp = asio::ip::tcp;
using Stream = beast::basic_stream<Tcp, asio::io_context::executor_type>;
using Acceptor = asio::basic_socket_acceptor<Tcp, asio::io_context::executor_type>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;
using TextParser = wire::request_parser<wire::string_body>;

constexpr auto kLingerTime = std::chrono::seconds{2};
constexpr auto kStopGrace = std::chrono::seconds{10};
// For clients whose handshake is under way, and those that have connected and not asked yet.
constexpr auto kHandshakeTime = std::chrono::milliseconds{200};
constexpr auto kFirstRequestTime = std::chrono::seconds{1};
constexpr auto kAcceptPause = std::chrono::milliseconds{100};

// A listening socket. Used on the I/O thread only.
struct Endpoint {
  Endpoint(asio::io_context& io, Listener taken)
      : listener(std::move(taken)), acceptor(io.get_executor()), pause(io.get_executor()) {}
  Listener listener;
  Acceptor acceptor;
  Timer pause;
  uint64_t adopted = 0;  // 0: bound by listen()
};

class Connection;

}  // namespace

struct Server::State {
  explicit State(ServerOptions chosen)
      : options(chosen),
        workers(std::make_unique<WorkerPool>(system_executor(), "http", options.workers,
                                             options.queue_limit)),
        stream_workers(std::make_unique<WorkerPool>(system_executor(), "http-stream",
                                                    options.stream_workers, options.queue_limit)) {}

  void take_in(const std::shared_ptr<Endpoint>& endpoint, Stream::socket_type socket);
  void accept(const std::shared_ptr<Endpoint>& endpoint);
  // Runs `work` on the I/O thread and waits for it.
  void on_io_thread(const std::function<void()>& work);
  void add(const std::shared_ptr<Endpoint>& endpoint);
  void close_endpoints(const std::function<bool(const Endpoint&)>& chosen);
  void turn_newcomers_away();
  void close_idle(bool also_new);
  void run_io();

  void enter(Connection* connection);
  void leave(Connection* connection);
  // Those that are alive, held so that they stay so.
  std::vector<std::shared_ptr<Connection>> connections();
  bool wait_until_empty(std::chrono::milliseconds grace);

  const ServerOptions options;
  std::atomic<bool> draining = false;  // each connection ends with the request that it has begun
  std::atomic<uint64_t> last_adopted = 0;

  std::mutex mutex;
  std::condition_variable left;
  std::unordered_set<Connection*> open;  // guarded by mutex

  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<WorkerPool> stream_workers;
  asio::io_context io{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{
      io.get_executor()};
  std::list<std::shared_ptr<Endpoint>> endpoints;  // I/O thread only
  std::thread thread;
};

namespace {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server::State& server, std::shared_ptr<Endpoint> endpoint, Stream::socket_type socket,
             std::string peer_address)
      : server_(server),
        endpoint_(std::move(endpoint)),
        stream_(std::move(socket)),
        descriptor_(stream_.socket().native_handle()),
        peer_address_(std::move(peer_address)) {
    server_.enter(this);
  }
  ~Connection() { server_.leave(this); }

  void start();
  // If it waits for a request and nothing of one has come; `also_new`: even for its first.
  void close_if_idle(bool also_new);
  // Wakes a worker that waits for the peer; on the I/O thread, which alone closes the socket.
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

  Server::State& server_;
  std::shared_ptr<Endpoint> endpoint_;
  Stream stream_;
  const int descriptor_;
  const std::string peer_address_;
  beast::flat_buffer buffer_;
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

template <class Fields>
Request make_request(const Fields& message) {
  Request request;
  request.method = std::string(message.method_string());
  set_target(request, {message.target().data(), message.target().size()});
  for (const auto& field : message)
    request.headers.add(std::string_view(field.name_string().data(), field.name_string().size()),
                        std::string(field.value()));
  return request;
}

std::string peer_text(const Stream::socket_type& socket) {
  ErrorCode error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return {};
  const auto address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

void Connection::start() {
  ErrorCode ignored;
  static_cast<void>(stream_.socket().set_option(Tcp::no_delay(true), ignored));
  read_header();
}

void Connection::close_if_idle(bool also_new) {
  if (!waiting_ || parser_->got_some() || !(asked_ || also_new)) return;
  ErrorCode ignored;
  if (stream_.socket().available(ignored) == 0) stream_.close();
}

void Connection::read_header() {
  upload_parser_.reset();
  if (server_.draining && asked_) return;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(server_.options.header_limit));
  parser_->body_limit(boost::none);  // checked when it is known whether the body is streamed
  waiting_ = true;
  stream_.expires_after(server_.options.idle_timeout);
  wire::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, size_t) { self->on_header(error); });
}

void Connection::on_header(ErrorCode error) {
  waiting_ = false;
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
    return refuse(431, "The headers of the request are too large.");
  // Anything of Beast's own but an end between or within requests is a malformed request.
  if (error == wire::error::end_of_stream || error == wire::error::partial_message) return;
  if (error && error.category() == wire::make_error_code(wire::error::bad_method).category())
    return refuse(400, "The request is malformed.");
  if (error) return;
  asked_ = true;
  begin_request();
}

void Connection::begin_request() {
  const auto& message = parser_->get();
  http_1_0_ = message.version() < 11;
  keep_alive_ = parser_->keep_alive();
  head_only_ = message.method() == wire::verb::head;
  request_ = make_request(message);
  request_.peer_address = peer_address_;
  request_.tls = endpoint_->listener.tls != nullptr;
  if (const auto length = parser_->content_length()) request_.content_length = *length;
  expects_continue_ =
      !http_1_0_ && base::equals_ignoring_case(request_.headers.value("Expect"), "100-continue");
  if (refuse_request()) return;
  if (endpoint_->listener.streams && endpoint_->listener.streams(request_)) return begin_stream();
  begin_body();
}

bool Connection::refuse_request() {
  if (!http_1_0_ && !request_.headers.get("Host")) {
    refuse(400, "The request has no Host header.");
    return true;
  }
  if (request_.headers.get("Transfer-Encoding") && !parser_->chunked()) {
    refuse(501, "This transfer encoding is not supported.");
    return true;
  }
  return false;
}

void Connection::begin_stream() {
  upload_parser_.emplace(std::move(*parser_));
  upload_parser_->body_limit(boost::none);
  upload_ = std::make_shared<UploadReader>(*upload_parser_, buffer_, blocking_socket(),
                                           expects_continue_);
  request_.stream = upload_;
  on_stream_worker_ = true;
  dispatch(*server_.stream_workers);
}

void Connection::begin_body() {
  const size_t limit = server_.options.body_limit;
  if (request_.content_length.value_or(0) > limit) return refuse(413, "The request is too large.");
  on_stream_worker_ = false;
  if (parser_->is_done()) return dispatch(*server_.workers);
  parser_->body_limit(limit);
  // So short that it fits into the socket's empty buffer.
  if (expects_continue_ && send_now(descriptor_, kContinue, {}) < 0) return;
  read_body();
}

void Connection::read_body() {
  stream_.expires_after(server_.options.io_timeout);
  wire::async_read_some(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, size_t) { self->on_body(error); });
}

void Connection::on_body(ErrorCode error) {
  if (error == wire::error::body_limit) return refuse(413, "The request is too large.");
  if (error == wire::error::partial_message) return;
  if (error && error.category() == wire::make_error_code(wire::error::bad_method).category())
    return refuse(400, "The body of the request is malformed.");
  if (error) return;
  if (!parser_->is_done()) return read_body();
  request_.body = std::move(parser_->get().body());
  dispatch(*server_.workers);
}

void Connection::dispatch(WorkerPool& pool) {
  if (pool.post([self = shared_from_this()] { self->answer(); })) return;
  Response busy = make_plain_response(503, "The service is busy, try again.");
  busy.headers.set("Retry-After", "1");
  end_upload();
  send_answer(std::move(busy));
}

// Answers without a handler and ends the connection: what follows cannot be told apart from a body.
void Connection::refuse(int status, std::string sentence) {
  unread_ = true;
  keep_alive_ = false;
  send_answer(make_plain_response(status, std::move(sentence)));
}

void Connection::answer() {
  Response response = call_handler();
  end_upload();
  if (server_.draining) keep_alive_ = false;
  send_answer(std::move(response));
}

void Connection::end_upload() {
  if (!upload_ || upload_->is_at_end()) return;
  unread_ = true;
  keep_alive_ = false;
}

Response Connection::call_handler() {
  try {
    return endpoint_->listener.handler(request_);
  } catch (const std::exception& error) {
    log_error("http handler failed path={} error={}", request_.path, error.what());
  }
  return make_plain_response(500, "An unexpected error occurred.");
}

HeadOptions Connection::head_options(const Response& response) const {
  HeadOptions options{Framing::length, response.body.size(), keep_alive_, http_1_0_};
  if (!may_have_body(response.status)) {
    options.framing = Framing::none;
  } else if (response.stream) {
    options.length = response.stream->length.value_or(0);
    if (!response.stream->length)
      options.framing = http_1_0_ ? Framing::until_close : Framing::chunked;
  } else if (head_only_ && response.body.empty()) {
    // A handler may know the length of what GET would answer without making it.
    if (const auto length = base::parse_integer(response.headers.value("Content-Length")))
      options.length = static_cast<uint64_t>(*length);
  }
  if (options.framing == Framing::until_close) options.keep_alive = false;
  return options;
}

void Connection::send_answer(Response response) {
  const HeadOptions options = head_options(response);
  keep_alive_ = options.keep_alive;
  head_ = make_response_head(response, options);
  sent_ = 0;
  const bool has_body = !head_only_ && may_have_body(response.status);
  if (has_body && response.stream)
    return start_transfer(response.stream, std::exchange(head_, {}), options.framing);

  body_ = has_body ? std::move(response.body) : std::string();
  const std::ptrdiff_t count = send_now(descriptor_, head_, body_);
  broken_ = count < 0;
  sent_ = broken_ ? 0 : static_cast<size_t>(count);
  hand_back();
}

void Connection::hand_back() {
  if (upload_) upload_->end();
  upload_.reset();
  request_ = Request();
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->send_rest(); });
}

void Connection::send_rest() {
  if (broken_) return;
  if (sent_ >= head_.size() + body_.size()) return on_answered();
  const bool in_head = sent_ < head_.size();
  const std::string& part = in_head ? head_ : body_;
  const size_t from = in_head ? sent_ : sent_ - head_.size();
  stream_.expires_after(server_.options.io_timeout);
  stream_.async_write_some(asio::buffer(part.data() + from, part.size() - from),
                           [self = shared_from_this()](ErrorCode error, size_t count) {
                             if (error) return;
                             self->sent_ += count;
                             self->send_rest();
                           });
}

void Connection::on_answered() {
  head_.clear();
  body_ = std::string();
  if (keep_alive_) return read_header();
  if (unread_ || buffer_.size() > 0) linger();
}

// Closing with unread bytes would make the kernel send a reset, which can overtake the answer: so
// what still comes is read for a while (RFC 9112 section 9.6).
void Connection::linger() {
  ErrorCode ignored;
  static_cast<void>(stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored));
  buffer_.clear();
  stream_.expires_after(kLingerTime);
  drain();
}

void Connection::drain() {
  stream_.async_read_some(buffer_.prepare(16384),
                          [self = shared_from_this()](ErrorCode error, size_t) {
                            if (!error) self->drain();
                          });
}

// A body that is made while it is sent moves to a stream worker, so that slow clients of downloads
// never hold the workers of the others.
void Connection::start_transfer(const std::shared_ptr<BodySource>& source, std::string head,
                                Framing framing) {
  auto job = [self = shared_from_this(), source, head = std::move(head), framing] {
    self->transfer(*source, head, framing);
  };
  if (on_stream_worker_ || !server_.stream_workers->post(job)) job();
}

void Connection::transfer(BodySource& source, const std::string& head, Framing framing) {
  broken_ = true;
  try {
    BlockingSocket socket = blocking_socket();
    socket.send(head, BlockingSocket::More::follows);
    send_body(socket, source, framing);
    broken_ = false;
  } catch (const std::exception& error) {
    // The status has gone out: a connection that ends early is what tells the client.
    log_warning("http download broke off peer={} error={}", peer_address_, error.what());
  }
  hand_back();
}

Stream::socket_type make_socket(asio::io_context& io) {
  return Stream::socket_type(io.get_executor());
}

// Exchanges the socket of a client that speaks TLS for one on which it is plain HTTP.
bool take_off_tls(TlsServer& tls, Stream::socket_type& socket) {
  ErrorCode error;
  const int client = socket.release(error);
  if (error) return false;
  const int plain = tls.take(client);
  if (plain < 0) return false;
  // Asio only wants to know that it is a stream.
  return !socket.assign(Tcp::v4(), plain, error);
}

[[noreturn]] void refuse_listener(const Listener& listener, const ErrorCode& error) {
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("Cannot listen on {} port {}.", listener.address, listener.port),
                    error.message());
}

ErrorCode share_port(int socket, ErrorCode& error) {
  const int on = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
    error.assign(errno, boost::system::system_category());
  return error;
}

// Handshakes that have begun come to their end, others are not answered: the client's kernel asks
// again after a second, when this socket has gone, and comes to another process that listens there.
// Closing at once would reset what is in the socket's queue.
void refuse_handshakes(int listening_socket) {
  constexpr uint32_t kFlagsOffset = 13;  // in the TCP header
  constexpr uint32_t kSynAndAck = 0x12;
  constexpr uint32_t kSyn = 0x02;
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsOffset),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSynAndAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  const sock_fprog program{std::size(code), code};
  ::setsockopt(listening_socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

void bind_endpoint(Endpoint& endpoint) {
  const Listener& listener = endpoint.listener;
  ErrorCode error;
  const auto address = asio::ip::make_address(listener.address, error);
  if (error) refuse_listener(listener, error);
  const Tcp::endpoint where(address, listener.port);
  auto& acceptor = endpoint.acceptor;
  const bool listens = !acceptor.open(where.protocol(), error) &&
                       !acceptor.set_option(asio::socket_base::reuse_address(true), error) &&
                       (!listener.shared || !share_port(acceptor.native_handle(), error)) &&
                       !acceptor.bind(where, error) &&
                       !acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!listens) refuse_listener(listener, error);
}

}  // namespace

void Server::State::enter(Connection* connection) {
  const std::lock_guard lock(mutex);
  open.insert(connection);
}

void Server::State::leave(Connection* connection) {
  const std::lock_guard lock(mutex);
  open.erase(connection);
  if (open.empty()) left.notify_all();
}

std::vector<std::shared_ptr<Connection>> Server::State::connections() {
  const std::lock_guard lock(mutex);
  std::vector<std::shared_ptr<Connection>> alive;
  for (Connection* connection : open)
    if (auto held = connection->weak_from_this().lock()) alive.push_back(std::move(held));
  return alive;
}

bool Server::State::wait_until_empty(std::chrono::milliseconds grace) {
  std::unique_lock lock(mutex);
  return left.wait_for(lock, grace, [&] { return open.empty(); });
}

void Server::State::take_in(const std::shared_ptr<Endpoint>& endpoint, Stream::socket_type socket) {
  std::string peer = peer_text(socket);
  const auto& tls = endpoint->listener.tls;
  if (!tls || take_off_tls(*tls, socket))
    std::make_shared<Connection>(*this, endpoint, std::move(socket), std::move(peer))->start();
}

void Server::State::accept(const std::shared_ptr<Endpoint>& endpoint) {
  auto socket = std::make_shared<Stream::socket_type>(make_socket(io));
  endpoint->acceptor.async_accept(*socket, [this, endpoint, socket](ErrorCode error) {
    if (!error) take_in(endpoint, std::move(*socket));
    if (!endpoint->acceptor.is_open()) return;
    if (!error) return accept(endpoint);
    // Out of descriptors, most likely: trying again at once would only burn the processor.
    log_warning("accept failed error={}", error.message());
    endpoint->pause.expires_after(kAcceptPause);
    endpoint->pause.async_wait([this, endpoint](ErrorCode) {
      if (endpoint->acceptor.is_open()) accept(endpoint);
    });
  });
}

void Server::State::on_io_thread(const std::function<void()>& work) {
  std::promise<void> done;
  asio::post(io, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Server::State::add(const std::shared_ptr<Endpoint>& endpoint) {
  on_io_thread([&] {
    endpoints.push_back(endpoint);
    accept(endpoint);
  });
}

void Server::State::close_endpoints(const std::function<bool(const Endpoint&)>& chosen) {
  on_io_thread([&] {
    for (const auto& endpoint : endpoints) {
      if (!chosen(*endpoint)) continue;
      ErrorCode ignored;
      static_cast<void>(endpoint->acceptor.close(ignored));
      static_cast<void>(endpoint->pause.cancel());
    }
    endpoints.remove_if([](const auto& endpoint) { return !endpoint->acceptor.is_open(); });
  });
}

// From shared ports, while others take connections there.
void Server::State::turn_newcomers_away() {
  bool any = false;
  on_io_thread([&] {
    for (const auto& endpoint : endpoints) {
      if (!endpoint->listener.shared) continue;
      refuse_handshakes(endpoint->acceptor.native_handle());
      any = true;
    }
  });
  if (any) std::this_thread::sleep_for(kHandshakeTime);
}

void Server::State::close_idle(bool also_new) {
  on_io_thread([&] {
    for (const auto& connection : connections()) connection->close_if_idle(also_new);
  });
}

void Server::State::run_io() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      log_error("http connection failed error={}", error.what());
    }
  }
}

Server::Server(ServerOptions options) : state_(std::make_unique<State>(options)) {
  // sendfile(2) has no MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  state_->thread = std::thread([state = state_.get()] { state->run_io(); });
}

// What throws here (no memory) leaves a thread that nobody could join: the process ends by it.
// NOLINTNEXTLINE(bugprone-exception-escape)
Server::~Server() {
  state_->draining = true;
  state_->turn_newcomers_away();
  state_->close_endpoints([](const Endpoint&) { return true; });
  state_->close_idle(false);
  if (!state_->wait_until_empty(kFirstRequestTime)) state_->close_idle(true);
  if (!state_->wait_until_empty(kStopGrace)) {
    state_->on_io_thread([this] {
      for (const auto& connection : state_->connections()) connection->break_off();
    });
  }
  state_->workers.reset();
  state_->stream_workers.reset();
  state_->guard.reset();
  state_->thread.join();
}

uint16_t Server::listen(Listener listener) {
  const auto endpoint = std::make_shared<Endpoint>(state_->io, std::move(listener));
  bind_endpoint(*endpoint);
  endpoint->listener.port = endpoint->acceptor.local_endpoint().port();
  state_->add(endpoint);
  return endpoint->listener.port;
}

uint64_t Server::adopt(int listening_socket, Handler handler) {
  Listener listener;
  listener.handler = std::move(handler);
  const auto endpoint = std::make_shared<Endpoint>(state_->io, std::move(listener));
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  ::getsockname(listening_socket, reinterpret_cast<sockaddr*>(&name), &size);
  endpoint->acceptor.assign(name.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4(), listening_socket);
  endpoint->adopted = ++state_->last_adopted;
  state_->add(endpoint);
  return endpoint->adopted;
}

void Server::release(uint64_t adopted) {
  state_->close_endpoints([=](const Endpoint& endpoint) { return endpoint.adopted == adopted; });
}

void Server::close(uint16_t port) {
  state_->close_endpoints([=](const Endpoint& endpoint) {
    return endpoint.adopted == 0 && endpoint.listener.port == port;
  });
}

}  // namespace platform::http
