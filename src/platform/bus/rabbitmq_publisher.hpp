// The sending half of the bus over RabbitMQ: what was given to it is sent, and sent again after a
// lost connection, until the broker has confirmed it. The answers to calls come here too: who waits
// for one reads them.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "platform/bus/rabbitmq_calls.hpp"
#include "platform/bus/rabbitmq_link.hpp"
#include "platform/bus/rabbitmq_topology.hpp"

namespace platform::rabbitmq {

struct Outgoing {
  enum class Kind {
    cast,    // to a topic; sent until confirmed
    call,    // to a topic; sent once, unconfirmed
    fanout,  // to a topic; sent once, unconfirmed
    reply,   // to properties.reply_to until `deadline`; sent again if it is returned, or if the
             // connection is lost a moment later
    retry,   // to a topic, after `delay`; sent until confirmed
    dead,    // to the dead letters, of a topic; sent until confirmed
  };
  Kind kind = Kind::cast;
  std::string topic;
  Properties properties;
  std::string body;
  base::Duration delay{};
  base::SteadyTime deadline = kNever;  // not sent, nor expected to be of use, after it
  bool by_key = false;  // replies: the queue was not there, its process may have another

  // Each is called at most once, by the publisher's thread or within publish(), and must not block.
  std::function<void()> sent;  // calls
  std::function<void()> confirmed;
};

// Thread-safe.
class Publisher : private LinkOwner {
 public:
  // `calls` hears of answers, and of those to which nobody listens.
  Publisher(const Runtime& runtime, const RabbitmqOptions& options, Calls& calls);
  // Waits a few seconds for confirms.
  ~Publisher() override;

  // Never blocks. A cast throws Error(unavailable) when too many wait already.
  void publish(Outgoing message);
  // Where answers to calls of this process are to go: the queue of the connection that it has.
  [[nodiscard]] std::string reply_to() const { return Names::reply_queue(reply_key_, connection_); }
  // The text of the answer to a call that was published; nullopt: there was none until `deadline`.
  [[nodiscard]] std::optional<std::string> await(Calls::Waiting& call, base::SteadyTime deadline);
  [[nodiscard]] bool is_connected() const { return link_.is_connected(); }

 private:
  void connected(Connection& connection) override;
  void received(Connection& connection, Incoming incoming) override;
  base::SteadyTime send(Connection& connection) override;
  bool expects() override { return !unconfirmed_.empty(); }
  void disconnected() override;
  bool has_finished() override;

  void send_one(Connection& connection, Outgoing message);
  void send_unconfirmed(Connection& connection, Outgoing message);
  void remember(Outgoing answer);
  void send_again_by_key(const std::string& correlation_id);
  void confirm(const Confirmed& confirmed);
  void conclude(Outgoing message, bool accepted);
  void take_back(const Returned& returned);
  void send_later(Outgoing message);
  [[nodiscard]] std::optional<Outgoing> next();
  void measure();

  struct Sent {
    Outgoing message;
    std::string exchange{};
    std::string key{};
    bool returned = false;
  };
  struct Answer {
    base::SteadyTime sent_at;
    Outgoing message;
  };
  // Makes what it goes to, and says what that is.
  void address(Connection& connection, Sent& sent);

  Runtime runtime_;
  Calls& calls_;
  const std::string reply_key_;
  std::atomic<uint64_t> connection_ = 0;  // counts them
  // Of whoever uses the connection.
  Topology topology_;
  uint64_t number_ = 0;
  std::map<uint64_t, Sent> unconfirmed_;
  std::deque<Answer> answers_;  // of the last moment

  std::mutex mutex_;
  std::deque<Outgoing> waiting_;
  std::multimap<base::SteadyTime, Outgoing> later_;
  size_t open_casts_ = 0;  // not confirmed yet
  metrics::Gauge& unconfirmed_messages_;

  Link link_;
};

}  // namespace platform::rabbitmq
