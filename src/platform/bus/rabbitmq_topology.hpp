// The exchanges and queues of a service on a broker: their names, and how they are declared.
//
//   EXCHANGE (topic)              by routing key to
//     TOPIC                         the quorum queue TOPIC: casts
//     TOPIC_calls                   the queue TOPIC_calls, there while somebody listens: calls
//     reply_UUID                    the queue of a process that waits for answers
//   TOPIC_fanout (fanout)         a queue of each subscriber
//   EXCHANGE_retry_200ms ...      quorum queues in which failed casts wait for their next try
//   EXCHANGE_dead                 the quorum queue EXCHANGE_dead: dead letters
#pragma once

#include <set>
#include <string>
#include <utility>

#include "platform/bus/rabbitmq_connection.hpp"

namespace platform::rabbitmq {

class Names {
 public:
  explicit Names(const RabbitmqOptions& options)
      : prefix_(options.name_prefix), exchange_(options.name_prefix + options.exchange) {}

  [[nodiscard]] const std::string& exchange() const { return exchange_; }
  [[nodiscard]] std::string casts(const std::string& topic) const { return prefix_ + topic; }
  [[nodiscard]] std::string calls(const std::string& topic) const {
    return prefix_ + topic + "_calls";
  }
  [[nodiscard]] std::string fanout(const std::string& topic) const {
    return prefix_ + topic + "_fanout";
  }
  [[nodiscard]] std::string retry(base::Duration delay) const;
  [[nodiscard]] std::string dead() const { return exchange_ + "_dead"; }
  // The topic of a cast queue's name.
  [[nodiscard]] std::string topic_of(const std::string& casts) const {
    return casts.substr(prefix_.size());
  }

 private:
  std::string prefix_;
  std::string exchange_;
};

// Declares what is needed on one connection, each thing once.
class Topology {
 public:
  explicit Topology(Names names) : names_(std::move(names)) {}
  [[nodiscard]] const Names& names() const { return names_; }

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
  Names names_;
  std::set<std::pair<std::string, std::string>> declared_;
};

}  // namespace platform::rabbitmq
