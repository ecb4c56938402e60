#include "platform/bus/rabbitmq_connection.hpp"

#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/bus/rabbitmq_wire.hpp"

namespace platform::rabbitmq {
namespace {

constexpr amqp_channel_t kChannel = 1;
// Confirms are of a whole channel.
constexpr amqp_channel_t kUnconfirmedChannel = 2;
constexpr int kLargestFrame = 131'072;
// For connecting, signing in and each answer of the broker.
constexpr timeval kAnswerLimit{10, 0};

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw base::Error(base::ErrorKind::unavailable,
                    "The message queue can not be reached. Try again later.",
                    fmt::format("{}: {}", what, why));
}

std::string reason_of(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
    return amqp_error_string2(reply.library_error);
  // Both begin with the code and the text.
  if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
    return to_text(static_cast<amqp_connection_close_t*>(reply.reply.decoded)->reply_text);
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
    return to_text(static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_text);
  return "the broker answered out of turn";
}

// Of user and password (403) or of the virtual host (530).
bool is_refusal(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION ||
      reply.reply.id != AMQP_CONNECTION_CLOSE_METHOD)
    return false;
  const auto code = static_cast<amqp_connection_close_t*>(reply.reply.decoded)->reply_code;
  return code == AMQP_ACCESS_REFUSED || code == AMQP_NOT_ALLOWED;
}

}  // namespace

struct Connection::State {
  amqp_connection_state_t amqp = amqp_new_connection();
  std::string user;

  ~State() { amqp_destroy_connection(amqp); }

  void open_socket(const RabbitmqOptions& options, const TransportUrl::Broker& broker);
  amqp_socket_t* make_tls_socket(const RabbitmqOptions& options);
  void sign_in(const RabbitmqOptions& options, const TransportUrl::Broker& broker,
               const std::string& name);
  void check_status(int status, const std::string& what) {
    if (status != AMQP_STATUS_OK) fail(what, amqp_error_string2(status));
  }
  void check(const amqp_rpc_reply_t& reply, const std::string& what) {
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) fail(what, reason_of(reply));
  }
  void check_last(const std::string& what) { check(amqp_get_rpc_reply(amqp), what); }
  void open_channel(amqp_channel_t channel) {
    amqp_channel_open(amqp, channel);
    check_last("open a channel");
  }
  // Reads the header and the body that follow a delivery or a return.
  void read_content(amqp_channel_t channel, Properties& properties, std::string& body);
  std::optional<Incoming> take(amqp_channel_t channel, const amqp_method_t& method);
  Returned take_return(amqp_channel_t channel, const amqp_basic_return_t& method);
  Delivery take_delivery(const amqp_basic_deliver_t& method);
};

amqp_socket_t* Connection::State::make_tls_socket(const RabbitmqOptions& options) {
  amqp_socket_t* socket = amqp_ssl_socket_new(amqp);
  if (socket == nullptr) fail("make a TLS socket", "no memory");
  amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
  amqp_ssl_socket_set_verify_peer(socket, options.verify_tls);
  amqp_ssl_socket_set_verify_hostname(socket, options.verify_tls);
  // The bundle that Debian's ca-certificates keeps: rabbitmq-c has no call for the default paths.
  const std::string authorities =
      options.tls_ca_file.empty() ? "/etc/ssl/certs/ca-certificates.crt" : options.tls_ca_file;
  check_status(amqp_ssl_socket_set_cacert(socket, authorities.c_str()),
               "read " + authorities + " (ssl_ca_file in [oslo_messaging_rabbit])");
  if (!options.tls_cert_file.empty())
    check_status(amqp_ssl_socket_set_key(socket, options.tls_cert_file.c_str(),
                                         options.tls_key_file.c_str()),
                 "read " + options.tls_cert_file +
                     " and its key (ssl_cert_file and ssl_key_file in [oslo_messaging_rabbit])");
  return socket;
}

void Connection::State::open_socket(const RabbitmqOptions& options,
                                    const TransportUrl::Broker& broker) {
  amqp_socket_t* socket = options.url.tls ? make_tls_socket(options) : amqp_tcp_socket_new(amqp);
  if (socket == nullptr) fail("make a socket", "no memory");
  const int status =
      amqp_socket_open_noblock(socket, broker.host.c_str(), broker.port, &kAnswerLimit);
  const std::string what = fmt::format("connect to {}:{}", broker.host, broker.port);
  if (status == AMQP_STATUS_SSL_PEER_VERIFY_FAILED ||
      status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED ||
      status == AMQP_STATUS_SSL_CONNECTION_FAILED || status == AMQP_STATUS_SSL_ERROR)
    fail(what, fmt::format("{}: check that ssl_ca_file in [oslo_messaging_rabbit] names the "
                           "authorities of its certificate, that this is for the broker's name, "
                           "and ssl_cert_file and ssl_key_file if it asks for them",
                           amqp_error_string2(status)));
  check_status(status, what);
}

void Connection::State::sign_in(const RabbitmqOptions& options, const TransportUrl::Broker& broker,
                                const std::string& name) {
  const auto yes = [](const char* key) {
    amqp_table_entry_t entry{amqp_cstring_bytes(key), {}};
    entry.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entry.value.value.boolean = 1;
    return entry;
  };
  amqp_table_entry_t capabilities[] = {yes("authentication_failure_close"), yes("basic.nack"),
                                       yes("consumer_cancel_notify"), yes("publisher_confirms")};
  amqp_table_entry_t entries[] = {text_entry("product", "nephele"),
                                  text_entry("connection_name", name),
                                  {amqp_cstring_bytes("capabilities"), {}}};
  entries[2].value.kind = AMQP_FIELD_KIND_TABLE;
  entries[2].value.value.table = {std::size(capabilities), capabilities};
  const amqp_table_t properties{std::size(entries), entries};
  const auto heartbeat =
      std::chrono::duration_cast<std::chrono::seconds>(options.heartbeat).count();
  const amqp_rpc_reply_t reply = amqp_login_with_properties(
      amqp, options.url.virtual_host.c_str(), 0, kLargestFrame, static_cast<int>(heartbeat),
      &properties, AMQP_SASL_METHOD_PLAIN, broker.user.c_str(), broker.password.c_str());
  const std::string what =
      fmt::format("sign in to {}:{} as {}", broker.host, broker.port, broker.user);
  if (is_refusal(reply))
    throw base::Error(base::ErrorKind::unauthorized,
                      "The message queue can not be reached. Try again later.",
                      fmt::format("{}: {}: check transport_url", what, reason_of(reply)));
  check(reply, what);
}

Connection::Connection(const RabbitmqOptions& options, const TransportUrl::Broker& broker,
                       const std::string& name)
    : state_(std::make_unique<State>()) {
  amqp_set_handshake_timeout(state_->amqp, &kAnswerLimit);
  amqp_set_rpc_timeout(state_->amqp, &kAnswerLimit);
  state_->user = broker.user;
  state_->open_socket(options, broker);
  state_->sign_in(options, broker, name);
  state_->open_channel(kChannel);
}

Connection::~Connection() = default;

void Connection::declare_exchange(const std::string& name, const std::string& type) {
  amqp_exchange_declare(state_->amqp, kChannel, bytes(name), bytes(type), false, true, false, false,
                        amqp_empty_table);
  state_->check_last("declare the exchange " + name);
}

void Connection::expect_exchange(const std::string& name) {
  amqp_exchange_declare(state_->amqp, kChannel, bytes(name), bytes("topic"), true, false, false,
                        false, amqp_empty_table);
  state_->check_last("find the exchange " + name +
                     " (the control plane makes it, and `nephele broker`)");
}

void Connection::declare_queue(const QueueDeclaration& queue) {
  std::vector<amqp_table_entry_t> entries;
  for (const auto& [key, value] : queue.arguments)
    entries.push_back(std::holds_alternative<std::string>(value)
                          ? text_entry(key, std::get<std::string>(value))
                          : number_entry(key, std::get<int64_t>(value)));
  const amqp_table_t arguments{static_cast<int>(entries.size()), entries.data()};
  amqp_queue_declare(state_->amqp, kChannel, bytes(queue.name), false, queue.durable,
                     queue.exclusive, queue.auto_delete, arguments);
  state_->check_last("declare the queue " + queue.name);
}

void Connection::bind(const std::string& queue, const std::string& exchange,
                      const std::string& key) {
  amqp_queue_bind(state_->amqp, kChannel, bytes(queue), bytes(exchange), bytes(key),
                  amqp_empty_table);
  state_->check_last(fmt::format("bind the queue {} to {}", queue, exchange));
}

std::optional<QueueState> Connection::find_queue(const std::string& name) {
  const amqp_queue_declare_ok_t* found = amqp_queue_declare(
      state_->amqp, kChannel, bytes(name), true, false, false, false, amqp_empty_table);
  if (found != nullptr) return QueueState{found->message_count, found->consumer_count};
  const amqp_rpc_reply_t reply = amqp_get_rpc_reply(state_->amqp);
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION ||
      reply.reply.id != AMQP_CHANNEL_CLOSE_METHOD ||
      static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_code != AMQP_NOT_FOUND)
    fail("look at the queue " + name, reason_of(reply));
  // "Not found" costs the channel.
  amqp_channel_close_ok_t answer{};
  state_->check_status(
      amqp_send_method(state_->amqp, kChannel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer),
      "close a channel");
  state_->open_channel(kChannel);
  return std::nullopt;
}

void Connection::select_confirms() {
  amqp_confirm_select(state_->amqp, kChannel);
  state_->check_last("ask for confirms");
  state_->open_channel(kUnconfirmedChannel);
}

void Connection::publish(const std::string& exchange, const std::string& key,
                         const Properties& properties, const std::string& body, bool mandatory) {
  const WireProperties wire(properties, state_->user);
  state_->check_status(amqp_basic_publish(state_->amqp, kChannel, bytes(exchange), bytes(key),
                                          mandatory, false, &wire.get(), bytes(body)),
                       "publish");
}

void Connection::publish_unconfirmed(const std::string& exchange, const std::string& key,
                                     const Properties& properties, const std::string& body) {
  const WireProperties wire(properties, state_->user);
  state_->check_status(amqp_basic_publish(state_->amqp, kUnconfirmedChannel, bytes(exchange),
                                          bytes(key), true, false, &wire.get(), bytes(body)),
                       "publish");
}

void Connection::consume(const std::string& queue, const std::string& consumer, uint16_t prefetch) {
  amqp_basic_qos(state_->amqp, kChannel, 0, prefetch, false);
  state_->check_last("bound the prefetch");
  amqp_basic_consume(state_->amqp, kChannel, bytes(queue), bytes(consumer), false, prefetch == 0,
                     false, amqp_empty_table);
  state_->check_last("consume from the queue " + queue);
}

void Connection::cancel(const std::string& consumer) {
  amqp_basic_cancel(state_->amqp, kChannel, bytes(consumer));
  state_->check_last("cancel a consumer");
}

void Connection::acknowledge(uint64_t tag) {
  state_->check_status(amqp_basic_ack(state_->amqp, kChannel, tag, false), "acknowledge");
}

void Connection::give_back(uint64_t tag) {
  state_->check_status(amqp_basic_nack(state_->amqp, kChannel, tag, false, true), "give back");
}

std::optional<Delivery> Connection::get(const std::string& queue) {
  amqp_maybe_release_buffers(state_->amqp);
  const amqp_rpc_reply_t reply = amqp_basic_get(state_->amqp, kChannel, bytes(queue), false);
  state_->check(reply, "take from the queue " + queue);
  if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD) return std::nullopt;
  const auto& got = *static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded);
  Delivery delivery;
  delivery.tag = got.delivery_tag;
  delivery.redelivered = got.redelivered != 0;
  delivery.exchange = to_text(got.exchange);
  delivery.routing_key = to_text(got.routing_key);
  state_->read_content(kChannel, delivery.properties, delivery.body);
  return delivery;
}

std::optional<Incoming> Connection::next() {
  for (;;) {
    amqp_maybe_release_buffers(state_->amqp);
    const timeval at_once{0, 0};
    amqp_frame_t frame;
    const int status = amqp_simple_wait_frame_noblock(state_->amqp, &frame, &at_once);
    if (status == AMQP_STATUS_TIMEOUT) return std::nullopt;
    state_->check_status(status, "read");
    if (frame.frame_type != AMQP_FRAME_METHOD) continue;
    if (auto incoming = state_->take(frame.channel, frame.payload.method)) return incoming;
  }
}

std::optional<Incoming> Connection::State::take(amqp_channel_t channel,
                                                const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD:
      return take_delivery(*static_cast<amqp_basic_deliver_t*>(method.decoded));
    case AMQP_BASIC_RETURN_METHOD:
      return take_return(channel, *static_cast<amqp_basic_return_t*>(method.decoded));
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = *static_cast<amqp_basic_ack_t*>(method.decoded);
      return Confirmed{ack.delivery_tag, ack.multiple != 0, true};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = *static_cast<amqp_basic_nack_t*>(method.decoded);
      return Confirmed{nack.delivery_tag, nack.multiple != 0, false};
    }
    case AMQP_BASIC_CANCEL_METHOD:
      fail("consume", "a queue was deleted");
    case AMQP_CHANNEL_CLOSE_METHOD:
      fail("the broker closed the channel",
           to_text(static_cast<amqp_channel_close_t*>(method.decoded)->reply_text));
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const std::string why =
          to_text(static_cast<amqp_connection_close_t*>(method.decoded)->reply_text);
      amqp_connection_close_ok_t answer{};
      amqp_send_method(amqp, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &answer);
      fail("the broker closed the connection", why);
    }
    default:
      return std::nullopt;
  }
}

Delivery Connection::State::take_delivery(const amqp_basic_deliver_t& method) {
  Delivery delivery;
  delivery.consumer = to_text(method.consumer_tag);
  delivery.tag = method.delivery_tag;
  delivery.redelivered = method.redelivered != 0;
  delivery.exchange = to_text(method.exchange);
  delivery.routing_key = to_text(method.routing_key);
  read_content(kChannel, delivery.properties, delivery.body);
  return delivery;
}

Returned Connection::State::take_return(amqp_channel_t channel, const amqp_basic_return_t& method) {
  Returned returned;
  returned.is_confirmed = channel == kChannel;
  returned.exchange = to_text(method.exchange);
  returned.routing_key = to_text(method.routing_key);
  std::string body;
  read_content(channel, returned.properties, body);
  return returned;
}

void Connection::State::read_content(amqp_channel_t channel, Properties& properties,
                                     std::string& body) {
  amqp_message_t message;
  check(amqp_read_message(amqp, channel, &message, 0), "read a message");
  properties = from_wire(message.properties);
  body = to_text(message.body);
  amqp_destroy_message(&message);
}

int Connection::descriptor() const { return amqp_get_sockfd(state_->amqp); }

bool Connection::has_read() const {
  return amqp_frames_enqueued(state_->amqp) != 0 || amqp_data_in_buffer(state_->amqp) != 0;
}

void Connection::wake_reader() noexcept { ::shutdown(descriptor(), SHUT_RDWR); }

bool Connection::takes_bytes() const {
  // Linux says so when at least a third of the socket's buffer is free.
  pollfd descriptor{this->descriptor(), POLLOUT, 0};
  return ::poll(&descriptor, 1, 0) == 1 && descriptor.revents == POLLOUT;
}

void Connection::close() noexcept {
  const timeval soon{2, 0};
  amqp_set_rpc_timeout(state_->amqp, &soon);
  amqp_connection_close(state_->amqp, AMQP_REPLY_SUCCESS);
}

}  // namespace platform::rabbitmq
