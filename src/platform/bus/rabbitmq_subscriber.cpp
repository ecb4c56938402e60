#include "platform/bus/rabbitmq_subscriber.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/bus/delivery.hpp"
#include "platform/bus/delivery_policy.hpp"
#include "platform/bus/rabbitmq_calls.hpp"
#include "platform/bus/rabbitmq_queues.hpp"
#include "platform/bus/rabbitmq_sender.hpp"
#include "platform/log.hpp"

namespace platform::rabbitmq {
namespace {

constexpr DeliveryPolicy kPolicy;
// Headers must fit into one frame.
constexpr size_t kLongestError = 4000;
// A call of a process that does not say for how long it waits.
constexpr base::Duration kLongestCall = std::chrono::seconds{60};

Tries tries_of(const Delivery& delivery) {
  const auto number = [&](const char* header) {
    const auto found = delivery.properties.headers.find(header);
    if (found == delivery.properties.headers.end()) return 0;
    return static_cast<int>(base::parse_integer(found->second).value_or(0));
  };
  return {number(kTriesHeader), number(kAwayHeader)};
}

}  // namespace

Subscriber::Subscriber(Surroundings surroundings, std::string topic, MessageHandler handler,
                       SubscribeOptions options)
    : surroundings_(std::move(surroundings)),
      topic_(std::move(topic)),
      handler_(std::move(handler)),
      options_(std::move(options)),
      idle_(surroundings_.runtime.executor.make_event()) {}

std::function<void()> Subscriber::deliver(Source source, Delivery delivery, Receipt receipt) {
  Work work{source, std::move(delivery), receipt};
  if (joins_running(work)) return nullptr;
  // Shared, as a std::function must be copyable.
  auto shared = std::make_shared<Work>(std::move(work));
  return [self = shared_from_this(), shared] {
    self->run(std::move(*shared));
    self->end_handler();
  };
}

bool Subscriber::joins_running(const Work& work) {
  const std::lock_guard lock(mutex_);
  if (work.source == Source::cast) {
    const auto [running, is_first] =
        running_.try_emplace(work.delivery.properties.message_id, std::vector{work.receipt});
    if (!is_first && work.delivery.redelivered) {
      running->second.push_back(work.receipt);
      return true;
    }
  }
  ++busy_;
  return false;
}

std::vector<Receipt> Subscriber::end_running(const Delivery& delivery, Receipt receipt) {
  const std::lock_guard lock(mutex_);
  const auto running = running_.find(delivery.properties.message_id);
  if (running == running_.end() || running->second.front() != receipt) return {receipt};
  std::vector<Receipt> receipts = std::move(running->second);
  running_.erase(running);
  return receipts;
}

void Subscriber::end_handler() {
  const std::lock_guard lock(mutex_);
  if (--busy_ == 0) idle_->set();
}

void Subscriber::wait_for_handlers() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (busy_ == 0) return;
    }
    idle_->wait_until(kNever);
  }
}

void Subscriber::run(Work work) {
  switch (work.source) {
    case Source::cast:
      run_cast(work.delivery, work.receipt);
      return;
    case Source::call:
      run_call(work.delivery, work.receipt);
      return;
    case Source::fanout:
      run_fanout(work.delivery);
      surroundings_.receipts.acknowledge(work.receipt);
      return;
  }
}

Message Subscriber::read(const Delivery& delivery) const {
  Message message = platform::from_wire(delivery.body);
  try {
    message.sender = sender_of_user(first_sender(delivery.properties, surroundings_.own_users));
  } catch (const base::Error& error) {
    log_warning("message refused topic={} type={} error={}", topic_, message.type, error.what());
    throw;
  }
  return message;
}

void Subscriber::run_cast(const Delivery& delivery, Receipt receipt) {
  bool may_try_again = false;
  try {
    const Message message = read(delivery);
    may_try_again = true;
    (void)handle(surroundings_.runtime, topic_, Arrival::cast, options_, handler_, message);
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const base::Error*>(&error);
    if (known != nullptr && is_refusal_of_sender(*known)) may_try_again = false;
    failed(delivery, end_running(delivery, receipt), error, may_try_again);
    return;
  }
  for (const Receipt& each : end_running(delivery, receipt))
    surroundings_.receipts.acknowledge(each);
}

// It is acknowledged when its successor is safe: the copy that comes later, or the dead letter.
void Subscriber::failed(const Delivery& delivery, std::vector<Receipt> receipts,
                        const std::exception& error, bool may_try_again) {
  Tries tries = tries_of(delivery);
  tries.add(error);
  Outgoing next;
  next.kind = may_try_again && kPolicy.tries_again(tries, error) ? Outgoing::Kind::retry
                                                                 : Outgoing::Kind::dead;
  next.topic = topic_;
  next.delay = kPolicy.backoff(tries.all);
  next.body = delivery.body;
  next.properties.message_id = delivery.properties.message_id;
  next.properties.type = delivery.properties.type;
  next.properties.persistent = true;
  next.properties.headers = {
      {kTriesHeader, std::to_string(tries.all)},
      {kAwayHeader, std::to_string(tries.away)},
      {kSenderHeader, first_sender(delivery.properties, surroundings_.own_users)},
      {kErrorHeader, std::string(error.what()).substr(0, kLongestError)},
      {kTimeHeader, base::format_seconds(surroundings_.runtime.clock.now())}};
  next.confirmed = [&to = surroundings_.receipts, receipts = std::move(receipts)] {
    for (const Receipt& each : receipts) to.acknowledge(each);
  };
  if (next.kind == Outgoing::Kind::dead)
    log_error("message dead-lettered topic={} type={} message={} tries={} error={}", topic_,
              next.properties.type, next.properties.message_id, tries.all, error.what());
  else
    log_warning(
        "handler failed, message will be tried again topic={} type={} message={} tries={} error={}",
        topic_, next.properties.type, next.properties.message_id, tries.all, error.what());
  surroundings_.publisher.publish(std::move(next));
}

void Subscriber::run_call(const Delivery& delivery, Receipt receipt) {
  const Properties& asked = delivery.properties;
  if (!may_be_answered(asked)) {
    log_warning("call refused: its answer would not go to its sender topic={} type={} sender={}",
                topic_, asked.type, asked.user_id);
    surroundings_.receipts.acknowledge(receipt);
    return;
  }
  Outgoing reply;
  reply.kind = Outgoing::Kind::reply;
  reply.deadline = surroundings_.runtime.clock.steady() + asked.expiration.value_or(kLongestCall);
  reply.properties.reply_to = asked.reply_to;
  reply.properties.correlation_id = asked.correlation_id;
  reply.body = delivery.redelivered ? refuse_redelivered(delivery) : answer(delivery);
  surroundings_.publisher.publish(std::move(reply));
  surroundings_.receipts.acknowledge(receipt);
}

// An answer is sent in this process's name: it goes to nothing but a queue of answers, and a host's
// to its own.
bool Subscriber::may_be_answered(const Properties& asked) const {
  const Names& names = surroundings_.names;
  return asked.reply_to.starts_with(is_host_user(asked.user_id) ? names.replies(asked.user_id)
                                                                : names.replies());
}

// Whoever had it may have done it. The caller need not wait for somebody who has died.
std::string Subscriber::refuse_redelivered(const Delivery& delivery) const {
  const std::string& type = delivery.properties.type;
  log_warning("call was in the hands of another connection before, not done again topic={} type={}",
              topic_, type);
  return write_error(base::Error(
      base::ErrorKind::timeout, topic_ + " did not answer in time. Try again later.",
      "the connection that " + type + " was delivered to was lost; it may have been done"));
}

std::string Subscriber::answer(const Delivery& delivery) {
  try {
    return write_result(
        handle(surroundings_.runtime, topic_, Arrival::call, options_, handler_, read(delivery)));
  } catch (const base::Error& error) {
    return write_error(error);
  } catch (const std::exception& error) {
    log_error("handler failed topic={} type={} error={}", topic_, delivery.properties.type,
              error.what());
    return write_error(
        base::Error(base::ErrorKind::internal, "An unexpected error occurred.", error.what()));
  }
}

void Subscriber::run_fanout(const Delivery& delivery) {
  try {
    (void)handle(surroundings_.runtime, topic_, Arrival::fanout, options_, handler_,
                 read(delivery));
  } catch (const std::exception& error) {
    log_error("handler of a fanout failed topic={} type={} error={}", topic_,
              delivery.properties.type, error.what());
  }
}

}  // namespace platform::rabbitmq
