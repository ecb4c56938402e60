// A call over the bus beside what it is made of: a message to somebody who sends one back.
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "figures.hpp"
#include "platform/bus/rabbitmq.hpp"

namespace bench {
namespace {

using platform::Message;
using platform::TransportUrl;

constexpr int kSlices = 40;
constexpr int kCallsPerSlice = 100;
constexpr amqp_channel_t kChannel = 1;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

// A connection of rabbitmq-c and a queue that ends with it; used by one thread.
class Peer {
 public:
  explicit Peer(const TransportUrl& url) : connection_(amqp_new_connection()) {
    const TransportUrl::Broker& broker = url.brokers.front();
    amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
    check(amqp_socket_open(socket, broker.host.c_str(), broker.port) == AMQP_STATUS_OK, "connect");
    const amqp_rpc_reply_t signed_in =
        amqp_login(connection_, url.virtual_host.c_str(), 0, 131072, 0, AMQP_SASL_METHOD_PLAIN,
                   broker.user.c_str(), broker.password.c_str());
    check(signed_in.reply_type == AMQP_RESPONSE_NORMAL, "sign in");
    amqp_channel_open(connection_, kChannel);
    check_last("open a channel");
    const amqp_queue_declare_ok_t* made = amqp_queue_declare(
        connection_, kChannel, amqp_empty_bytes, false, false, true, true, amqp_empty_table);
    check_last("declare a queue");
    queue_.assign(static_cast<const char*>(made->queue.bytes), made->queue.len);
    amqp_basic_consume(connection_, kChannel, made->queue, amqp_empty_bytes, false, true, true,
                       amqp_empty_table);
    check_last("consume");
  }
  ~Peer() { amqp_destroy_connection(connection_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] const std::string& queue() const { return queue_; }

  void send(const std::string& queue, const std::string& body) {
    const amqp_bytes_t text{body.size(), const_cast<char*>(body.data())};
    check(amqp_basic_publish(connection_, kChannel, amqp_empty_bytes,
                             amqp_cstring_bytes(queue.c_str()), false, false, nullptr,
                             text) == AMQP_STATUS_OK,
          "publish");
  }
  [[nodiscard]] std::string receive() {
    amqp_envelope_t envelope;
    amqp_maybe_release_buffers(connection_);
    const amqp_rpc_reply_t reply = amqp_consume_message(connection_, &envelope, nullptr, 0);
    check(reply.reply_type == AMQP_RESPONSE_NORMAL, "receive");
    std::string body(static_cast<const char*>(envelope.message.body.bytes),
                     envelope.message.body.len);
    amqp_destroy_envelope(&envelope);
    return body;
  }

 private:
  void check_last(const char* what) {
    check(amqp_get_rpc_reply(connection_).reply_type == AMQP_RESPONSE_NORMAL, what);
  }

  amqp_connection_state_t connection_;
  std::string queue_;
};

// Round trips in microseconds.
using Times = std::vector<double>;

void measure_slice(Times& times, const std::function<void()>& call) {
  for (int i = 0; i < kCallsPerSlice; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double, std::micro> spent =
        std::chrono::steady_clock::now() - begin;
    times.push_back(spent.count());
  }
}

double median(Times times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

Message ping() {
  return {platform::system_random().uuid(), "Ping", 1, "", nullptr, base::JsonObject{}};
}

// Answers whatever comes, until it is empty.
void echo(Peer& peer, const std::string& to) {
  for (;;) {
    const std::string body = peer.receive();
    if (body.empty()) return;
    peer.send(to, body);
  }
}

}  // namespace

double compare_bus_call(const std::string& text) {
  platform::RabbitmqOptions options;
  options.url = platform::parse_transport_url(text);
  options.exchange = "bench";
  const auto server = platform::make_rabbitmq_bus(runtime("server"), options);
  const auto client = platform::make_rabbitmq_bus(runtime("client"), options);
  const auto subscription = server->subscribe(
      "ping", [](const Message&) -> base::Json { return base::JsonObject{}; }, {"bench", 4});
  Peer near(options.url), far(options.url);
  std::thread echoing([&] { echo(far, near.queue()); });

  const std::string body = platform::to_wire(ping());
  const auto by_bus = [&] { (void)client->call("ping", ping(), std::chrono::seconds{10}); };
  const auto by_library = [&] {
    near.send(far.queue(), body);
    (void)near.receive();
  };
  Times bus, library, ignored;
  measure_slice(ignored, by_bus);
  measure_slice(ignored, by_library);
  for (int i = 0; i < kSlices; ++i) {
    measure_slice(library, by_library);
    measure_slice(bus, by_bus);
  }
  near.send(far.queue(), "");
  echoing.join();
  fmt::print(stderr, "bus_call_ratio: {:.0f} us by the bus, {:.0f} us by the library\n",
             median(bus), median(library));
  return median(bus) / median(library);
}

}  // namespace bench
