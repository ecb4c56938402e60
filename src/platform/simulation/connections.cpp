// Who reaches the broker: its own breakdowns, hosts that are cut off, and processes whose heart
// does not beat.
#include <utility>

#include "platform/simulation/network.hpp"

namespace platform::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// After which the broker takes a silent client for dead.
constexpr base::Duration kHeartbeatsMissed = seconds{60};
// Clients try again at growing intervals: some serve their queues long before others.
constexpr uint64_t kLongestReconnect = 20'000;  // milliseconds

}  // namespace

Broker::Connection& Broker::connection(const std::shared_ptr<ProcessCore>& process) {
  const auto [entry, is_new] = connections_.try_emplace(process->number, Connection{process});
  if (is_new) entry->second.lost = faults_.broker_away;
  return entry->second;
}

bool Broker::is_connected(const ProcessCore& process) const {
  const auto found = connections_.find(process.number);
  return !faults_.broker_away && (found == connections_.end() || !found->second.lost);
}

bool Broker::reaches(const ProcessCore& process) const {
  return is_connected(process) && !faults_.cut_from_bus.contains(process.host);
}

bool Broker::must_wait(const std::shared_ptr<ProcessCore>& sender, std::function<void()> send) {
  if (reaches(*sender)) return false;
  if (!sender->killed) connection(sender).waiting.push_back(std::move(send));
  return true;
}

void Broker::weather_changed(const Faults& before) {
  if (faults_.broker_away && !before.broker_away) break_down();
  for (const std::string& host : faults_.cut_from_bus)
    cut_since_.try_emplace(host, scheduler_.now());
  std::erase_if(cut_since_,
                [&](const auto& entry) { return !faults_.cut_from_bus.contains(entry.first); });
  for (auto& [number, connection] : connections_) {
    const std::string& host = connection.process->host;
    const bool is_cut = faults_.cut_from_bus.contains(host);
    const bool was_cut = before.cut_from_bus.contains(host);
    if (is_cut && !was_cut)
      close_if(connection.process, [this, host, since = cut_since_.at(host)] {
        const auto found = cut_since_.find(host);
        return found != cut_since_.end() && found->second == since;
      });
    if (faults_.broker_away || is_cut || (!was_cut && !before.broker_away)) continue;
    if (connection.lost)
      connect_soon(connection.process);
    else
      connected(connection);
  }
}

// Calls and fanouts are in its memory only.
void Broker::break_down() {
  ++breakdowns_;
  for (auto& [name, topic] : topics_)
    std::erase_if(topic.queue, [](const DeliveryPointer& delivery) { return delivery->call; });
  for (auto& [number, connection] : connections_) close(connection);
}

void Broker::paused(const std::shared_ptr<ProcessCore>& process) {
  close_if(process, [process] { return process->paused; });
}

void Broker::resumed(const std::shared_ptr<ProcessCore>& process) {
  if (!process->killed && connection(process).lost) connect_soon(process);
}

void Broker::close_if(const std::shared_ptr<ProcessCore>& process, std::function<bool()> still) {
  scheduler_.at(scheduler_.now() + kHeartbeatsMissed, [this, process, still = std::move(still)] {
    if (!process->killed && still()) close(connection(process));
  });
}

void Broker::close(Connection& connection) {
  if (connection.lost) return;
  connection.lost = true;
  // Sent again; whether the first got through, its sender was not told.
  for (auto cast = connection.unconfirmed.rbegin(); cast != connection.unconfirmed.rend(); ++cast) {
    for (const DeliveryPointer& copy : (*cast)->copies) copy->lost = scheduler_.below(2) == 0;
    (*cast)->copies.clear();
    connection.waiting.push_front([this, again = *cast] { publish(again); });
  }
  connection.unconfirmed.clear();
  take_back(*connection.process);
}

void Broker::connect_soon(const std::shared_ptr<ProcessCore>& process) {
  const auto when = scheduler_.now() + milliseconds{1 + scheduler_.below(kLongestReconnect)};
  scheduler_.at(when, [this, process] {
    if (process->killed || process->paused || faults_.broker_away ||
        faults_.cut_from_bus.contains(process->host))
      return;
    connected(connection(process));
  });
}

void Broker::connected(Connection& connection) {
  connection.lost = false;
  for (const auto& send : std::exchange(connection.waiting, {})) send();
  for (const auto& [name, topic] : topics_) pump(name);
}

// What the process has not acknowledged goes to others; its acknowledgements do not count.
void Broker::take_back(const ProcessCore& process) {
  for (auto& [name, topic] : topics_)
    for (const SubscriberPointer& subscriber : topic.subscribers) {
      if (subscriber->process.get() != &process) continue;
      for (const DeliveryPointer& delivery : subscriber->unacknowledged) {
        if (delivery->taken_back) continue;
        delivery->taken_back = true;
        if (delivery->call) {
          refuse_redelivered(*delivery);
          continue;
        }
        auto again = std::make_shared<Delivery>();
        again->topic = delivery->topic;
        again->message = delivery->message;
        again->tries = delivery->tries;
        again->redelivered = true;
        arrive(again, arrival());
      }
    }
}

// As Subscriber of the bus over RabbitMQ does: another consumer does not do a call again that may
// have been done. Without another consumer the call is lost.
void Broker::refuse_redelivered(const Delivery& delivery) {
  if (faults_.broker_away || !has_subscriber(delivery.topic)) return;
  scheduler_.at(arrival(), [this, call = delivery.call, topic = delivery.topic] {
    if (!call->waiter || call->answer || call->error || !reaches(*call->caller)) return;
    call->error = base::Error(base::ErrorKind::timeout, topic + " did not answer in time.",
                              "the connection that the call was delivered to was lost");
    call->finish(scheduler_);
  });
}

}  // namespace platform::simulation
