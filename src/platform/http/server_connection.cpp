#include "platform/http/server_connection.hpp"

#include "base/text.hpp"
#include "platform/http/body_sender.hpp"
#include "platform/log.hpp"

namespace platform::http {
namespace {

namespace wire = boost::beast::http;

constexpr auto kLingerTime = std::chrono::seconds{2};

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

}  // namespace

void Connection::start() {
  server_.connections.enter(shared_from_this());
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
  request_.tls = listener_->tls != nullptr;
  if (const auto length = parser_->content_length()) request_.content_length = *length;
  expects_continue_ =
      !http_1_0_ && base::equals_ignoring_case(request_.headers.value("Expect"), "100-continue");
  if (refuse_request()) return;
  if (listener_->streams && listener_->streams(request_)) return begin_stream();
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
    return listener_->handler(request_);
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

}  // namespace platform::http
