#include <fmt/core.h>

#include <algorithm>

#include "platform/bus/delivery_policy.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"
#include "platform/simulation/network.hpp"

namespace platform::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr DeliveryPolicy kDeliveryPolicy;
constexpr uint64_t kHop = 1000;              // microseconds at most, over the network
constexpr uint64_t kLongDelay = 30'000'000;  // microseconds at most, when the seed delays a message

constexpr base::Duration kNextTry = seconds{1};

base::Error to_error(const std::exception& error) {
  return {base::ErrorKind::internal, "An internal error occurred.", error.what()};
}

}  // namespace

void Broker::subscribe(SubscriberPointer subscriber, bool fanout) {
  const std::string topic = subscriber->topic;
  static_cast<void>(connection(subscriber->process));
  if (fanout) {
    fanouts_[topic].push_back(std::move(subscriber));
    return;
  }
  topics_[topic].subscribers.push_back(std::move(subscriber));
  pump(topic);
}

void Broker::unsubscribe(Subscriber& subscriber) {
  subscriber.open = false;
  const auto same = [&](const SubscriberPointer& other) { return other.get() == &subscriber; };
  std::erase_if(topics_[subscriber.topic].subscribers, same);
  std::erase_if(fanouts_[subscriber.topic], same);
}

void Broker::forget(const ProcessCore& process) {
  const auto its = [&](const SubscriberPointer& subscriber) {
    if (subscriber->process.get() != &process) return false;
    subscriber->open = false;
    return true;
  };
  for (auto& [name, topic] : topics_) std::erase_if(topic.subscribers, its);
  for (auto& [name, subscribers] : fanouts_) std::erase_if(subscribers, its);
  connections_.erase(process.number);
}

bool Broker::has_subscriber(const std::string& topic) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return false;
  const auto& all = found->second.subscribers;
  return std::any_of(all.begin(), all.end(), [this](const SubscriberPointer& subscriber) {
    return is_connected(*subscriber->process);
  });
}

base::SteadyTime Broker::arrival() {
  const uint64_t most = scheduler_.chance(faults_.message_delayed) ? kLongDelay : kHop;
  return scheduler_.now() + microseconds{1 + scheduler_.below(most)};
}

void Broker::cast(const std::shared_ptr<ProcessCore>& sender, const std::string& topic,
                  Message message, std::function<void()> settled) {
  publish(std::make_shared<Cast>(Cast{sender, topic, std::move(message), std::move(settled)}));
}

void Broker::publish(const CastPointer& cast) {
  if (must_wait(cast->sender, [this, cast] { publish(cast); })) return;
  // Lost on the way, or only the confirmation is.
  const bool lost = scheduler_.chance(faults_.message_lost);
  const bool unconfirmed = lost && scheduler_.below(2) == 0;
  if (lost && !unconfirmed) return;
  const int copies = scheduler_.chance(faults_.message_doubled) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto delivery = std::make_shared<Delivery>();
    delivery->topic = cast->topic;
    delivery->message = cast->message;
    cast->copies.push_back(delivery);
    arrive(delivery, arrival());
  }
  connection(cast->sender).unconfirmed.push_back(cast);
  scheduler_.at(scheduler_.now() + microseconds{1 + scheduler_.below(2 * kHop)},
                [this, cast, tell = !unconfirmed] { confirm(cast, tell); });
}

// Nothing if the connection was lost meanwhile: then it is sent again.
void Broker::confirm(const CastPointer& cast, bool tell) {
  if (cast->sender->killed) return;
  auto& open = connection(cast->sender).unconfirmed;
  const auto found = std::find(open.begin(), open.end(), cast);
  if (found == open.end()) return;
  if (!reaches(*cast->sender)) {
    scheduler_.at(scheduler_.now() + kNextTry, [this, cast, tell] { confirm(cast, tell); });
    return;
  }
  open.erase(found);
  if (tell && cast->settled) cast->settled();
}

void Broker::fanout(const std::shared_ptr<ProcessCore>& sender, const std::string& topic,
                    const Message& message) {
  if (must_wait(sender, [=, this] { fanout(sender, topic, message); })) return;
  const auto found = fanouts_.find(topic);
  if (found == fanouts_.end()) return;
  for (const SubscriberPointer& subscriber : found->second) {
    if (scheduler_.chance(faults_.message_lost) || !reaches(*subscriber->process)) continue;
    scheduler_.at(arrival(), [this, subscriber, message, breakdowns = breakdowns_] {
      if (!subscriber->open || breakdowns != breakdowns_) return;
      subscriber->fanouts.push_back(message);
      pump_fanout(subscriber);
    });
  }
}

void Broker::call(const std::shared_ptr<ProcessCore>& sender, const std::string& topic,
                  const Message& message, const std::shared_ptr<Call>& call) {
  if (must_wait(sender, [=, this] {
        if (call->waiter) this->call(sender, topic, message, call);
      }))
    return;
  call->caller = sender;
  call->sent = true;
  if (!has_subscriber(topic)) {
    call->error = base::Error(base::ErrorKind::unavailable, "Nobody serves " + topic + ".");
    return call->finish(scheduler_);
  }
  if (scheduler_.chance(faults_.message_lost)) return;
  const int copies = scheduler_.chance(faults_.message_doubled) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto delivery = std::make_shared<Delivery>();
    delivery->topic = topic;
    delivery->message = message;
    delivery->call = call;
    arrive(delivery, arrival());
  }
}

void Broker::arrive(const DeliveryPointer& delivery, base::SteadyTime time) {
  scheduler_.at(time, [this, delivery, breakdowns = breakdowns_] {
    if (delivery->lost || (delivery->call && breakdowns != breakdowns_)) return;
    topics_[delivery->topic].queue.push_back(delivery);
    pump(delivery->topic);
  });
}

void Broker::pump(const std::string& name) {
  Topic& topic = topics_[name];
  while (!topic.queue.empty()) {
    std::vector<SubscriberPointer> free;
    for (const SubscriberPointer& subscriber : topic.subscribers)
      if (subscriber->handling.size() < subscriber->options.concurrency &&
          reaches(*subscriber->process))
        free.push_back(subscriber);
    if (free.empty()) return;
    const DeliveryPointer delivery = topic.queue.front();
    topic.queue.pop_front();
    // A caller that has given up is not served any more, or is: its request was under way.
    const bool given_up = delivery->call && !delivery->call->waiter;
    if (given_up && !scheduler_.chance(faults_.message_late)) continue;
    deliver(free[scheduler_.below(free.size())], delivery);
  }
}

void Broker::deliver(const SubscriberPointer& subscriber, const DeliveryPointer& delivery) {
  delivery->outcome = Outcome::killed;
  const bool joins = joins_running(*subscriber, delivery);
  subscriber->unacknowledged.push_back(delivery);
  if (joins) return;
  subscriber->handling.push_back(scheduler_.spawn(
      subscriber->process, delivery->message.type,
      [subscriber, delivery] { handle(*subscriber, *delivery); },
      [this, subscriber, delivery] {
        remove_ended(*subscriber);
        ended(*subscriber, delivery);
        pump(delivery->topic);
      }));
}

bool Broker::joins_running(Subscriber& subscriber, const DeliveryPointer& delivery) {
  if (!delivery->redelivered) return false;
  for (const DeliveryPointer& running : subscriber.unacknowledged)
    if (running->message.id == delivery->message.id && !running->call) {
      running->joined.push_back(delivery);
      return true;
    }
  return false;
}

void Broker::ended(Subscriber& subscriber, const DeliveryPointer& delivery) {
  std::vector<DeliveryPointer> all = std::move(delivery->joined);
  all.insert(all.begin(), delivery);
  for (const DeliveryPointer& each : all) {
    std::erase(subscriber.unacknowledged, each);
    each->outcome = delivery->outcome;
    each->error = delivery->error;
    handled(each, subscriber.process);
  }
}

void Broker::pump_fanout(const SubscriberPointer& subscriber) {
  while (subscriber->open && !subscriber->fanouts.empty() &&
         subscriber->handling.size() < subscriber->options.concurrency) {
    auto delivery = std::make_shared<Delivery>();
    delivery->message = std::move(subscriber->fanouts.front());
    subscriber->fanouts.pop_front();
    subscriber->handling.push_back(scheduler_.spawn(
        subscriber->process, delivery->message.type,
        [subscriber, delivery] { handle(*subscriber, *delivery); },
        [this, subscriber] {
          remove_ended(*subscriber);
          pump_fanout(subscriber);
        }));
  }
}

void Broker::handle(const Subscriber& subscriber, Delivery& delivery) {
  const base::Json& context = delivery.message.context;
  const RequestScope scope({.request_id = delivery.message.request_id,
                            .project_id = base::text_or(context, "project_id"),
                            .user_id = base::text_or(context, "user_id"),
                            .role = subscriber.options.role,
                            .host = subscriber.process->host});
  try {
    delivery.reply = subscriber.handler(delivery.message);
    delivery.outcome = Outcome::done;
  } catch (const base::Error& error) {
    delivery.error = error;
    delivery.outcome = Outcome::failed;
  } catch (const std::exception& error) {
    delivery.error = to_error(error);
    delivery.outcome = Outcome::failed;
  }
  // Killed between the handler's end and the acknowledgement: nobody knows that it was done.
  if (subscriber.process->killed) delivery.outcome = Outcome::killed;
}

void Broker::handled(const DeliveryPointer& delivery, const std::shared_ptr<ProcessCore>& by) {
  if (delivery->call) return answer(delivery, by);
  if (delivery->taken_back) return;
  // Cut off: the acknowledgement does not arrive.
  if (!reaches(*by)) delivery->outcome = Outcome::killed;
  if (delivery->outcome == Outcome::failed) return retry(delivery);
  if (delivery->outcome == Outcome::killed) arrive(delivery, arrival());
}

void Broker::answer(const DeliveryPointer& delivery, const std::shared_ptr<ProcessCore>& server) {
  Call& call = *delivery->call;
  if (delivery->outcome == Outcome::killed) {
    // Seen at once when the queue vanishes with its consumer; otherwise the caller times out.
    if (scheduler_.below(2) == 0) return;
    call.error =
        base::Error(base::ErrorKind::unavailable, "The service went away.", delivery->topic);
    call.finish(scheduler_);
  } else if (!scheduler_.chance(faults_.message_lost)) {
    reply(delivery, server);
  }
}

// Tried as long as somebody waits for it.
void Broker::reply(const DeliveryPointer& delivery, const std::shared_ptr<ProcessCore>& server) {
  Call& call = *delivery->call;
  if (server->killed || !call.waiter) return;
  if (!reaches(*server) || !reaches(*call.caller)) {
    scheduler_.at(scheduler_.now() + kNextTry, [=, this] { reply(delivery, server); });
    return;
  }
  if (delivery->outcome == Outcome::failed)
    call.error = delivery->error;
  else
    call.answer = std::move(delivery->reply);
  call.finish(scheduler_);
}

void Broker::retry(const DeliveryPointer& delivery) {
  const Message& message = delivery->message;
  delivery->tries.add(*delivery->error);
  if (!kDeliveryPolicy.tries_again(delivery->tries, *delivery->error)) {
    dead_letters_.push_back(
        fmt::format("{} {}: {}", delivery->topic, message.type, delivery->error->what()));
    log_error("message given up topic={} type={} error={}", delivery->topic, message.type,
              delivery->error->what());
    return;
  }
  log_debug("message will be delivered again topic={} type={} error={}", delivery->topic,
            message.type, delivery->error->what());
  arrive(delivery, arrival() + kDeliveryPolicy.backoff(delivery->tries.all));
}

// Called as the last act of a handler's task, which is the current one.
void Broker::remove_ended(Subscriber& subscriber) {
  Fiber* self = &subscriber.process->scheduler.current();
  std::erase_if(subscriber.handling,
                [&](const FiberPointer& fiber) { return fiber.get() == self; });
}

}  // namespace platform::simulation
