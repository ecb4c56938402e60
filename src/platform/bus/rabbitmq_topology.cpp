#include "platform/bus/rabbitmq_topology.hpp"

#include <fmt/format.h>

namespace platform::rabbitmq {
namespace {

// So many processes may die, or lose their connection, with a cast in their hands.
constexpr int64_t kDeliveryLimit = 20;
// Looking at a dead letter counts as a delivery.
constexpr int64_t kNoDeliveryLimit = 1'000'000'000;
// A broker that restarts brings back queues for calls to which nobody may come back.
constexpr std::chrono::milliseconds kUnusedCallsLimit{60'000};

int64_t milliseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// What a dead-lettered message leaves goes only when where it goes has it.
Arguments quorum(const std::string& dead_letter_exchange) {
  return {{"x-queue-type", "quorum"},
          {"x-overflow", "reject-publish"},
          {"x-dead-letter-exchange", dead_letter_exchange},
          {"x-dead-letter-strategy", "at-least-once"}};
}

}  // namespace

std::string Names::retry(base::Duration delay) const {
  return fmt::format("{}_retry_{}ms", exchange_, milliseconds(delay));
}

QueueDeclaration retry_queue(const Names& names, base::Duration delay) {
  Arguments arguments = quorum(names.exchange());
  arguments.emplace_back("x-message-ttl", milliseconds(delay));
  return {.name = names.retry(delay), .durable = true, .arguments = std::move(arguments)};
}

QueueDeclaration dead_queue(const Names& names) {
  return {.name = names.dead(),
          .durable = true,
          .arguments = {{"x-queue-type", "quorum"}, {"x-delivery-limit", kNoDeliveryLimit}}};
}

Topology::Topology(const RabbitmqOptions& options) : names_(options) {
  for (const TransportUrl::Broker& broker : options.url.brokers)
    if (is_host_user(broker.user)) may_declare_shared_ = false;
}

void Topology::ensure_shared_exchange(Connection& connection, const std::string& name,
                                      const char* type) {
  if (may_declare_shared_)
    connection.declare_exchange(name, type);
  else
    connection.expect_exchange(name);
}

// With its exchange of the same name.
void Topology::ensure_shared_queue(Connection& connection, const QueueDeclaration& queue) {
  ensure_shared_exchange(connection, queue.name, "topic");
  if (!may_declare_shared_) return;
  connection.declare_queue(queue);
  connection.bind(queue.name, queue.name, kEveryKey);
}

void Topology::ensure_exchange(Connection& connection) {
  if (is_new("exchange", names_.exchange()))
    ensure_shared_exchange(connection, names_.exchange(), "topic");
}

void Topology::ensure_casts(Connection& connection, const std::string& topic) {
  const std::string name = names_.casts(topic);
  if (!is_new("casts", name)) return;
  ensure_exchange(connection);
  ensure_dead(connection);
  Arguments arguments = quorum(names_.dead());
  arguments.emplace_back("x-delivery-limit", kDeliveryLimit);
  connection.declare_queue({.name = name, .durable = true, .arguments = std::move(arguments)});
  connection.bind(name, names_.exchange(), name);
}

void Topology::ensure_calls(Connection& connection, const std::string& topic) {
  const std::string name = names_.calls(topic);
  ensure_exchange(connection);
  // Always declared: it goes when its last consumer goes.
  connection.declare_queue({.name = name,
                            .durable = true,
                            .auto_delete = true,
                            .arguments = {{"x-expires", int64_t{kUnusedCallsLimit.count()}}}});
  connection.bind(name, names_.exchange(), name);
}

void Topology::ensure_fanout(Connection& connection, const std::string& topic) {
  const std::string name = names_.fanout(topic);
  if (is_new("fanout", name)) ensure_shared_exchange(connection, name, "fanout");
}

void Topology::ensure_retry(Connection& connection, base::Duration delay) {
  if (!is_new("retry", names_.retry(delay))) return;
  ensure_exchange(connection);
  ensure_shared_queue(connection, retry_queue(names_, delay));
}

void Topology::ensure_dead(Connection& connection) {
  if (is_new("dead", names_.dead())) ensure_shared_queue(connection, dead_queue(names_));
}

void Topology::declare_own(Connection& connection, const std::string& queue, Arguments arguments) {
  connection.declare_queue(
      {.name = queue, .exclusive = true, .auto_delete = true, .arguments = std::move(arguments)});
}

}  // namespace platform::rabbitmq
