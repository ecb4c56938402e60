// The exchanges and queues of a service on a broker: their names, and how they are declared.
//
//   EXCHANGE (topic)              by routing key to
//     TOPIC                         the quorum queue TOPIC: casts
//     TOPIC_calls                   the queue TOPIC_calls, there while somebody listens: calls of
//                                   hosts; others go to it by its name, without an exchange
//     reply_UUID                    the queue of a process that waits for answers, reply_UUID_N on
//                                   its Nth connection: answers of hosts, and those that were
//                                   returned since it has another connection; others by its name
//   TOPIC_fanout (fanout)         a queue of each subscriber
//   EXCHANGE_retry_200ms (topic)  a quorum queue in which failed casts wait for their next try; ...
//   EXCHANGE_dead (topic)         the quorum queue EXCHANGE_dead: dead letters
//
// Those exchanges are of type topic so that a broker can bound by routing key what a host may send
// (rabbitmq_permissions.hpp). A host's user finds what all share and declares only its own queues.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/sender.hpp"

namespace platform::rabbitmq {

class Names {
 public:
  explicit Names(const RabbitmqOptions& options) : Names(options.name_prefix, options.exchange) {}
  Names(const std::string& prefix, const std::string& exchange)
      : prefix_(prefix), exchange_(prefix + exchange) {}

  [[nodiscard]] const std::string& exchange() const { return exchange_; }
  [[nodiscard]] std::string casts(const std::string& topic) const { return prefix_ + topic; }
  [[nodiscard]] std::string calls(const std::string& topic) const {
    return prefix_ + topic + "_calls";
  }
  [[nodiscard]] std::string fanout(const std::string& topic) const {
    return prefix_ + topic + "_fanout";
  }
  [[nodiscard]] std::string retry(base::Duration delay) const;
  // Of the queues in which a process of that user gets its answers, and of their routing keys.
  [[nodiscard]] std::string replies(const std::string& user) const {
    return replies() + user + "_";
  }
  [[nodiscard]] std::string replies() const { return prefix_ + "reply_"; }
  // The queue of a process on its Nth connection, and the key that leads to whichever it has.
  [[nodiscard]] static std::string reply_queue(const std::string& key, uint64_t connection) {
    return key + "_" + std::to_string(connection);
  }
  [[nodiscard]] static std::string reply_key(const std::string& queue) {
    return queue.substr(0, queue.rfind('_'));
  }
  [[nodiscard]] std::string dead() const { return exchange_ + "_dead"; }
  // The topic of a cast queue's name.
  [[nodiscard]] std::string topic_of(const std::string& casts) const {
    return casts.substr(prefix_.size());
  }

 private:
  std::string prefix_;
  std::string exchange_;
};

// What is there for all processes of a service.
[[nodiscard]] QueueDeclaration retry_queue(const Names& names, base::Duration delay);
[[nodiscard]] QueueDeclaration dead_queue(const Names& names);
inline constexpr const char* kEveryKey = "#";

// Declares what is needed on one connection, each thing once.
class Topology {
 public:
  explicit Topology(const RabbitmqOptions& options);
  [[nodiscard]] const Names& names() const { return names_; }

  // Whether calls and answers may go to a queue by its name, through the default exchange. That
  // need not match patterns as the service's does; but that one bounds what a host may send.
  [[nodiscard]] bool may_send_by_name() const { return may_declare_shared_; }

  // A new connection: nothing is known to be there.
  void forget() { declared_.clear(); }

  void ensure_exchange(Connection& connection);
  void ensure_casts(Connection& connection, const std::string& topic);
  void ensure_calls(Connection& connection, const std::string& topic);
  void ensure_fanout(Connection& connection, const std::string& topic);
  void ensure_retry(Connection& connection, base::Duration delay);
  void ensure_dead(Connection& connection);
  // Gone with the connection. Always declared.
  void declare_own(Connection& connection, const std::string& queue, Arguments arguments);

 private:
  // A topic may have the name of an exchange, as "glance" has.
  [[nodiscard]] bool is_new(const char* kind, const std::string& name) {
    return declared_.emplace(kind, name).second;
  }
  void ensure_shared_exchange(Connection& connection, const std::string& name, const char* type);
  void ensure_shared_queue(Connection& connection, const QueueDeclaration& queue);
  Names names_;
  bool may_declare_shared_ = true;
  std::set<std::pair<std::string, std::string>> declared_;
};

}  // namespace platform::rabbitmq
