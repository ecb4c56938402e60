#include "platform/bus/rabbitmq.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/error.hpp"
#include "platform/bus/delivery.hpp"
#include "platform/bus/rabbitmq_calls.hpp"
#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/rabbitmq_consumer.hpp"
#include "platform/bus/rabbitmq_publisher.hpp"
#include "platform/bus/rabbitmq_sender.hpp"
#include "platform/bus/rabbitmq_subscriber.hpp"
#include "platform/bus/rabbitmq_workers.hpp"
#include "platform/waiting.hpp"

namespace platform {
namespace rabbitmq {
namespace {

// Of 255, with room for prefix and suffix.
constexpr size_t kLongestName = 200;

class BrokerSubscription final : public Subscription {
 public:
  BrokerSubscription(Consumer& consumer, std::shared_ptr<Subscriber> subscriber, bool fanout)
      : consumer_(consumer), subscriber_(std::move(subscriber)) {
    consumer_.add(subscriber_, fanout);
  }
  ~BrokerSubscription() override {
    consumer_.remove(subscriber_);
    subscriber_->wait_for_handlers();
  }

 private:
  Consumer& consumer_;
  std::shared_ptr<Subscriber> subscriber_;
};

class RabbitmqBus final : public Bus {
 public:
  RabbitmqBus(Runtime runtime, const RabbitmqOptions& options)
      : runtime_(std::move(runtime)),
        calls_(runtime_.executor),
        workers_(runtime_.executor),
        consumer_(runtime_, options, workers_),
        publisher_(runtime_, options, calls_),
        names_(options),
        own_users_(own_users(options)) {}

  base::Json call(const std::string& topic, Message message, base::Duration timeout) override {
    assert_may_wait("bus call");
    const RequestScope request(sender_of(message, runtime_));
    HopScope hop(runtime_.tracer, runtime_.clock, "call", hop_name(message, topic));
    CallScope call(runtime_.clock, topic);
    try {
      return read_answer(ask(topic, message, timeout, call));
    } catch (const base::Error& error) {
      hop.outcome(error.message());
      throw;
    }
  }

  [[nodiscard]] bool keeps_casts() const override { return true; }
  [[nodiscard]] bool reaches_broker() const override { return publisher_.is_connected(); }

  void cast(const std::string& topic, Message message, std::function<void()> settled) override {
    assert_may_wait("bus cast");
    const RequestScope request(sender_of(message, runtime_));
    HopScope hop(runtime_.tracer, runtime_.clock, "cast", hop_name(message, topic));
    Outgoing outgoing = make(Outgoing::Kind::cast, topic, message);
    outgoing.properties.persistent = true;
    outgoing.confirmed = std::move(settled);
    try {
      publisher_.publish(std::move(outgoing));
    } catch (const base::Error& error) {
      hop.outcome(error.message());
      throw;
    }
  }

  void fanout(const std::string& topic, Message message) override {
    assert_may_wait("bus fanout");
    const RequestScope request(sender_of(message, runtime_));
    const HopScope hop(runtime_.tracer, runtime_.clock, "fanout", hop_name(message, topic));
    publisher_.publish(make(Outgoing::Kind::fanout, topic, message));
  }

  std::unique_ptr<Subscription> subscribe(const std::string& topic, MessageHandler handler,
                                          SubscribeOptions options) override {
    return make_subscription(topic, std::move(handler), std::move(options), false);
  }
  std::unique_ptr<Subscription> subscribe_fanout(const std::string& topic, MessageHandler handler,
                                                 SubscribeOptions options) override {
    return make_subscription(topic, std::move(handler), std::move(options), true);
  }

 private:
  static Outgoing make(Outgoing::Kind kind, const std::string& topic, const Message& message) {
    // A short string of AMQP; longer ones end the connection.
    if (std::max({message.id.size(), message.type.size(), topic.size()}) > kLongestName)
      throw base::Error(
          base::ErrorKind::bad_request,
          fmt::format("A message's id, type and topic have at most {} characters.", kLongestName));
    Outgoing outgoing;
    outgoing.kind = kind;
    outgoing.topic = topic;
    outgoing.properties.message_id = message.id;
    outgoing.properties.type = message.type;
    outgoing.body = to_wire(message);
    return outgoing;
  }

  std::unique_ptr<Subscription> make_subscription(const std::string& topic, MessageHandler handler,
                                                  SubscribeOptions options, bool fanout) {
    auto subscriber = std::make_shared<Subscriber>(
        Subscriber::Surroundings{runtime_, publisher_, consumer_, names_, own_users_}, topic,
        std::move(handler), std::move(options));
    return std::make_unique<BrokerSubscription>(consumer_, std::move(subscriber), fanout);
  }

  // The text of the answer.
  std::string ask(const std::string& topic, const Message& message, base::Duration timeout,
                  CallScope& call) {
    const std::string id = runtime_.random.hex_id();
    Calls::Waiting waiting(calls_, id, topic);
    const auto sent = std::make_shared<std::atomic<bool>>(false);
    Outgoing outgoing = make(Outgoing::Kind::call, topic, message);
    outgoing.deadline = runtime_.clock.steady() + timeout;
    outgoing.properties.correlation_id = id;
    outgoing.properties.reply_to = publisher_.reply_to();
    outgoing.sent = [sent] { *sent = true; };
    const base::SteadyTime deadline = outgoing.deadline;
    publisher_.publish(std::move(outgoing));
    if (auto text = publisher_.await(waiting, deadline)) return std::move(*text);
    call.failed(*sent ? "timeout" : "unavailable");
    if (!*sent)
      throw base::Error(base::ErrorKind::unavailable,
                        "The message queue can not be reached. Try again later.");
    throw base::Error(base::ErrorKind::timeout,
                      fmt::format("{} did not answer in time. Try again later.", topic));
  }

  // In this order they go from bottom to top: a confirm may acknowledge, an answer may come.
  Runtime runtime_;
  Calls calls_;
  Workers workers_;
  Consumer consumer_;
  Publisher publisher_;
  const Names names_;
  const std::set<std::string> own_users_;
};

std::string address_of(const TransportUrl::Broker& broker) {
  return fmt::format("{}:{}", broker.host, broker.port);
}

}  // namespace
}  // namespace rabbitmq

void check_broker(const RabbitmqOptions& options) {
  std::string reasons;
  for (const TransportUrl::Broker& broker : options.url.brokers) {
    try {
      rabbitmq::Connection(options, broker, "nephele check").close();
      return;
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::unauthorized)
        throw base::Error(
            base::ErrorKind::bad_request,
            fmt::format("The message queue at {} does not take user, password or virtual host of "
                        "transport_url: check them there, and that they were made on the broker.",
                        rabbitmq::address_of(broker)),
            error.detail());
      reasons += (reasons.empty() ? "" : "; ") + error.detail();
    }
  }
  throw base::Error(base::ErrorKind::unavailable,
                    "The message queue cannot be reached: check that it runs, and host and port in "
                    "transport_url.",
                    reasons);
}

std::unique_ptr<Bus> make_rabbitmq_bus(Runtime runtime, const RabbitmqOptions& options) {
  return std::make_unique<rabbitmq::RabbitmqBus>(std::move(runtime), options);
}

}  // namespace platform
