// One connection to a RabbitMQ broker with one channel, over rabbitmq-c. Used by one thread at a
// time; it says nothing of topics or messages.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "platform/bus/rabbitmq.hpp"

namespace platform::rabbitmq {

struct Properties {
  std::string message_id;
  std::string correlation_id;
  std::string reply_to;
  std::string type;
  std::string user_id;  // received: the user who published it, which the broker has checked
  std::optional<base::Duration> expiration;  // milliseconds on the wire
  bool persistent = false;
  std::map<std::string, std::string> headers;  // received: numbers as text, others are left out
};

struct Delivery {
  std::string consumer;  // its tag
  uint64_t tag = 0;
  bool redelivered = false;
  std::string exchange;
  std::string routing_key;
  Properties properties;
  std::string body;
};
// A mandatory message that no queue took. Comes before its confirmation, if one comes.
struct Returned {
  bool is_confirmed = true;
  std::string exchange;
  std::string routing_key;
  Properties properties;
};
// The broker has the responsibility for the messages published up to `number`, or that one alone;
// if not `accepted` it could not take it.
struct Confirmed {
  uint64_t number = 0;
  bool multiple = false;
  bool accepted = true;
};
using Incoming = std::variant<Delivery, Returned, Confirmed>;

using Arguments = std::vector<std::pair<std::string, std::variant<std::string, int64_t>>>;

struct QueueDeclaration {
  std::string name;
  bool durable = false;
  bool exclusive = false;
  bool auto_delete = false;
  Arguments arguments;
};

struct QueueState {
  uint64_t messages = 0;  // ready to be delivered
  uint64_t consumers = 0;
};

// All members throw base::Error(unavailable) when the connection is lost or the broker closes it;
// then it is of no use any more. An error's text never has a password.
class Connection {
 public:
  // `name` is shown to operators (rabbitmqctl list_connections).
  Connection(const RabbitmqOptions& options, const TransportUrl::Broker& broker,
             const std::string& name);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void declare_exchange(const std::string& name, const std::string& type);  // durable
  // Fails unless it is there: for a user who may not declare it.
  void expect_exchange(const std::string& name);
  void declare_queue(const QueueDeclaration& queue);
  void bind(const std::string& queue, const std::string& exchange, const std::string& key);
  // nullopt: there is none of that name. Not to be mixed with consuming on the same connection.
  [[nodiscard]] std::optional<QueueState> find_queue(const std::string& name);

  // From now on each publish is numbered from 1 and confirmed.
  void select_confirms();
  // In the name of the user of the connection. If it throws, the broker has not got all of it.
  void publish(const std::string& exchange, const std::string& key, const Properties& properties,
               const std::string& body, bool mandatory);
  // After select_confirms(). Mandatory: it is returned, or nothing is heard of it.
  void publish_unconfirmed(const std::string& exchange, const std::string& key,
                           const Properties& properties, const std::string& body);

  // At most `prefetch` messages are unacknowledged; 0: none need be.
  void consume(const std::string& queue, const std::string& consumer, uint16_t prefetch);
  // What was delivered to it before comes out of next() all the same.
  void cancel(const std::string& consumer);
  void acknowledge(uint64_t tag);
  void give_back(uint64_t tag);  // to be delivered again
  // Takes one message, to be acknowledged.
  [[nodiscard]] std::optional<Delivery> get(const std::string& queue);

  // What has come, without waiting. Must be called more often than the heartbeat, and until it
  // gives nothing before descriptor() is waited on.
  [[nodiscard]] std::optional<Incoming> next();
  [[nodiscard]] int descriptor() const;
  // Whether next() has something that was read on the way of something else.
  [[nodiscard]] bool has_read() const;
  // Makes descriptor() ready for whoever waits for it on another thread; the connection is of no
  // use afterwards.
  void wake_reader() noexcept;
  // Whether a few kilobytes can be sent now without waiting.
  [[nodiscard]] bool takes_bytes() const;
  // Takes leave of the broker; never throws.
  void close() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace platform::rabbitmq
