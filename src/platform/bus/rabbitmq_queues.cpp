#include "platform/bus/rabbitmq_queues.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/bus/rabbitmq_connection.hpp"
#include "platform/bus/rabbitmq_sender.hpp"
#include "platform/bus/rabbitmq_topology.hpp"
#include "platform/clock.hpp"

namespace platform::rabbitmq {
namespace {

constexpr base::Duration kConfirmLimit = std::chrono::seconds{10};

std::unique_ptr<Connection> connect(const RabbitmqOptions& options) {
  std::string failures;
  for (const TransportUrl::Broker& broker : options.url.brokers) try {
      return std::make_unique<Connection>(options, broker,
                                          fmt::format("nephele queue {}", ::getpid()));
    } catch (const base::Error& error) {
      failures += (failures.empty() ? "" : "; ") + error.detail();
    }
  throw base::Error(base::ErrorKind::unavailable,
                    "no broker of transport_url can be reached: " + failures);
}

DeadLetter describe(const Names& names, const Delivery& delivery) {
  const auto header = [&](const char* name) {
    const auto found = delivery.properties.headers.find(name);
    return found == delivery.properties.headers.end() ? std::string() : found->second;
  };
  DeadLetter letter;
  letter.id = delivery.properties.message_id;
  letter.topic = names.topic_of(delivery.routing_key);
  letter.type = delivery.properties.type;
  letter.error = header(kErrorHeader);
  letter.tries = static_cast<int>(base::parse_integer(header(kTriesHeader)).value_or(0));
  letter.died_at = header(kTimeHeader);
  letter.message = delivery.body;
  letter.given_up_by = delivery.properties.user_id;
  if (delivery.properties.headers.contains(kSenderHeader)) letter.sender = header(kSenderHeader);
  // A message that the broker gave up may still have the headers of an earlier failure.
  if (header("x-first-death-reason") == "delivery_limit" &&
      header("x-first-death-queue") == delivery.routing_key)
    letter.error = "each process that took it died, or lost its connection, before it was done: " +
                   letter.error;
  return letter;
}

}  // namespace

Queues::Queues(const RabbitmqOptions& options)
    : connection_(connect(options)), topology_(std::make_unique<Topology>(options)) {
  connection_->select_confirms();
}

Queues::~Queues() { connection_->close(); }

std::optional<TopicState> Queues::find_topic(const std::string& topic) {
  const auto casts = connection_->find_queue(topology_->names().casts(topic));
  if (!casts) return std::nullopt;
  const auto calls =
      connection_->find_queue(topology_->names().calls(topic)).value_or(QueueState{});
  return TopicState{casts->messages, casts->consumers, calls.messages, calls.consumers};
}

std::vector<DeadLetter> Queues::list_dead_letters() {
  topology_->ensure_dead(*connection_);
  const std::string queue = topology_->names().dead();
  std::vector<DeadLetter> letters;
  std::vector<uint64_t> taken;
  // They are held until all have been seen, so that none is seen twice.
  while (const auto delivery = connection_->get(queue)) {
    letters.push_back(describe(topology_->names(), *delivery));
    taken.push_back(delivery->tag);
  }
  for (const uint64_t tag : taken) connection_->give_back(tag);
  return letters;
}

size_t Queues::requeue(const std::function<bool(const DeadLetter&)>& chosen) {
  topology_->ensure_dead(*connection_);
  const std::string queue = topology_->names().dead();
  size_t sent = 0;
  std::vector<uint64_t> kept;
  // All that are there now, before one that is sent again may be back as dead as before.
  std::vector<Delivery> deliveries;
  while (auto delivery = connection_->get(queue)) deliveries.push_back(std::move(*delivery));
  for (const Delivery& delivery : deliveries) {
    const DeadLetter letter = describe(topology_->names(), delivery);
    if (!chosen(letter)) {
      kept.push_back(delivery.tag);
      continue;
    }
    send_again(letter);
    connection_->acknowledge(delivery.tag);
    ++sent;
  }
  for (const uint64_t tag : kept) connection_->give_back(tag);
  return sent;
}

void Queues::send_again(const DeadLetter& letter) {
  topology_->ensure_casts(*connection_, letter.topic);
  Properties properties;
  properties.message_id = letter.id;
  properties.type = letter.type;
  properties.persistent = true;
  properties.headers = {{kGivenUpByHeader, letter.given_up_by}};
  if (letter.sender) properties.headers.emplace(kSenderHeader, *letter.sender);
  connection_->publish(topology_->names().exchange(), topology_->names().casts(letter.topic),
                       properties, letter.message, true);
  await_confirm();
}

void Queues::await_confirm() {
  const base::SteadyTime deadline = system_clock().steady() + kConfirmLimit;
  while (system_clock().steady() < deadline) {
    while (const auto incoming = connection_->next()) {
      const auto* confirmed = std::get_if<Confirmed>(&*incoming);
      if (confirmed != nullptr && confirmed->accepted) return;
      throw base::Error(base::ErrorKind::unavailable,
                        "the broker did not take the message; it stays a dead letter");
    }
    pollfd descriptor{connection_->descriptor(), POLLIN, 0};
    ::poll(&descriptor, 1, 100);
  }
  throw base::Error(base::ErrorKind::timeout,
                    "the broker did not confirm the message in time: it may be there twice");
}

}  // namespace platform::rabbitmq
