#include "platform/bus/rabbitmq_publisher.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "platform/log.hpp"

namespace platform::rabbitmq {
namespace {

const std::string kReplies = "replies";
// What a broker that is away may cost in memory.
constexpr size_t kMostOpenCasts = 10'000;
constexpr base::Duration kPause = std::chrono::milliseconds{100};
// Longer than a broker takes to read what was sent to it.
constexpr base::Duration kAnswersKept = std::chrono::seconds{3};
// So many are written before it looks for confirms.
constexpr int kBurst = 64;

constexpr metrics::Description kUnconfirmed{
    "nephele_bus_unconfirmed_messages",
    "Messages that are not sent yet, or not confirmed by the message queue."};

using Kind = Outgoing::Kind;

// What a socket takes without waiting.
constexpr size_t kLargestAtOnce = 4096;

bool is_sent_again(Kind kind) { return kind != Kind::fanout; }

// Somebody waits for a call and for its answer. They keep no order with others, and nothing is to
// be declared for them.
bool is_sent_at_once(const Outgoing& message) {
  return (message.kind == Kind::call || message.kind == Kind::reply) &&
         message.body.size() <= kLargestAtOnce;
}

void run(const std::function<void()>& callback, const Outgoing& message) {
  if (!callback) return;
  try {
    callback();
  } catch (const std::exception& error) {
    log_error("settling failed type={} message={} error={}", message.properties.type,
              message.properties.message_id, error.what());
  }
}

}  // namespace

Publisher::Publisher(const Runtime& runtime, const RabbitmqOptions& options, Calls& calls)
    : runtime_(runtime),
      calls_(calls),
      reply_key_(Names(options).replies(options.url.brokers.front().user) +
                 runtime.random.hex_id()),
      topology_(options),
      unconfirmed_messages_(
          metrics::registry().gauge(kUnconfirmed, {{"exchange", options.exchange}})),
      link_(runtime, options, "publish", *this) {
  link_.start();
}

Publisher::~Publisher() { link_.stop(); }

void Publisher::publish(Outgoing message) {
  const auto send = [&](Connection& connection) { send_one(connection, std::move(message)); };
  if (is_sent_at_once(message) && link_.shared().try_use(send)) return;
  {
    const std::lock_guard lock(mutex_);
    if (message.kind == Kind::cast) {
      if (open_casts_ >= kMostOpenCasts)
        throw base::Error(base::ErrorKind::unavailable,
                          "The message queue takes no messages now. Try again later.");
      ++open_casts_;
    }
    waiting_.push_back(std::move(message));
  }
  link_.shared().wake();
}

std::optional<std::string> Publisher::await(Calls::Waiting& call, base::SteadyTime deadline) {
  const auto is_answered = [&] { return call.is_answered(); };
  while (!is_answered() && runtime_.clock.steady() < deadline)
    if (!link_.shared().read_until(is_answered, deadline)) call.wait_until(deadline);
  // Others may have waited until this one reads no more.
  if (!link_.shared().is_read()) calls_.nudge();
  return call.take_answer();
}

void Publisher::connected(Connection& connection) {
  ++connection_;
  topology_.forget();
  number_ = 0;
  topology_.ensure_exchange(connection);
  // A name of its own: the former connection's queue may still be there.
  const std::string replies = reply_to();
  topology_.declare_own(connection, replies, {});
  connection.bind(replies, topology_.names().exchange(), reply_key_);
  connection.consume(replies, kReplies, 0);
  topology_.ensure_dead(connection);
  connection.select_confirms();
}

std::optional<Outgoing> Publisher::next() {
  const base::SteadyTime now = runtime_.clock.steady();
  const std::lock_guard lock(mutex_);
  if (!later_.empty() && later_.begin()->first <= now)
    return std::move(later_.extract(later_.begin()).mapped());
  if (waiting_.empty()) return std::nullopt;
  Outgoing message = std::move(waiting_.front());
  waiting_.pop_front();
  return message;
}

base::SteadyTime Publisher::send(Connection& connection) {
  for (int i = 0; i < kBurst; ++i) {
    std::optional<Outgoing> message = next();
    if (!message) break;
    send_one(connection, std::move(*message));
  }
  const std::lock_guard lock(mutex_);
  measure();
  if (!waiting_.empty()) return runtime_.clock.steady();
  return later_.empty() ? kNever : later_.begin()->first;
}

void Publisher::send_one(Connection& connection, Outgoing message) {
  if (message.deadline <= runtime_.clock.steady()) return;
  if (message.kind == Kind::call || message.kind == Kind::reply) {
    send_unconfirmed(connection, std::move(message));
    return;
  }
  // From now on it is sent again if the connection is lost.
  Sent& sent = unconfirmed_[number_ + 1];
  sent.message = std::move(message);
  address(connection, sent);
  connection.publish(sent.exchange, sent.key, sent.message.properties, sent.message.body,
                     sent.message.kind != Kind::fanout);
  ++number_;
}

void Publisher::send_unconfirmed(Connection& connection, Outgoing message) {
  Sent sent{std::move(message)};
  address(connection, sent);
  Properties properties = sent.message.properties;
  if (sent.message.kind == Kind::call)
    properties.expiration = sent.message.deadline - runtime_.clock.steady();
  try {
    connection.publish_unconfirmed(sent.exchange, sent.key, properties, sent.message.body);
  } catch (const base::Error&) {
    // Nobody has it: it may wait for the next connection.
    const std::lock_guard lock(mutex_);
    waiting_.push_front(std::move(sent.message));
    throw;
  }
  run(sent.message.sent, sent.message);
  if (sent.message.kind == Kind::reply) remember(std::move(sent.message));
}

void Publisher::remember(Outgoing answer) {
  const base::SteadyTime now = runtime_.clock.steady();
  while (!answers_.empty() && now - answers_.front().sent_at > kAnswersKept) answers_.pop_front();
  answers_.push_back({now, std::move(answer)});
}

// The queue that it went to has gone with its connection.
void Publisher::send_again_by_key(const std::string& correlation_id) {
  const auto found = std::find_if(answers_.rbegin(), answers_.rend(), [&](const Answer& answer) {
    return answer.message.properties.correlation_id == correlation_id;
  });
  if (found == answers_.rend()) return;
  Outgoing message = std::move(found->message);
  answers_.erase(std::next(found).base());
  message.by_key = true;
  send_later(std::move(message));
}

void Publisher::address(Connection& connection, Sent& sent) {
  const Names& names = topology_.names();
  const std::string& topic = sent.message.topic;
  sent.exchange = names.exchange();
  sent.key = names.casts(topic);
  switch (sent.message.kind) {
    case Kind::cast:
      topology_.ensure_casts(connection, topic);
      return;
    case Kind::call:
      if (topology_.may_send_by_name()) sent.exchange.clear();
      sent.key = names.calls(topic);
      return;
    case Kind::fanout:
      topology_.ensure_fanout(connection, topic);
      sent.exchange = names.fanout(topic);
      return;
    case Kind::reply:
      sent.key = sent.message.properties.reply_to;
      if (topology_.may_send_by_name() && !sent.message.by_key)
        sent.exchange.clear();
      else
        sent.key = Names::reply_key(sent.key);
      return;
    case Kind::retry:
      topology_.ensure_retry(connection, sent.message.delay);
      sent.exchange = names.retry(sent.message.delay);
      return;
    case Kind::dead:
      topology_.ensure_dead(connection);
      sent.exchange = names.dead();
      return;
  }
}

void Publisher::received(Connection&, Incoming incoming) {
  if (auto* answer = std::get_if<Delivery>(&incoming)) {
    calls_.answer(answer->properties.correlation_id, std::move(answer->body));
    return;
  }
  if (const auto* confirmed = std::get_if<Confirmed>(&incoming)) confirm(*confirmed);
  if (const auto* returned = std::get_if<Returned>(&incoming)) take_back(*returned);
  const std::lock_guard lock(mutex_);
  measure();
}

void Publisher::confirm(const Confirmed& confirmed) {
  const auto end = unconfirmed_.upper_bound(confirmed.number);
  auto begin = confirmed.multiple ? unconfirmed_.begin() : unconfirmed_.find(confirmed.number);
  while (begin != end && begin != unconfirmed_.end()) {
    Sent sent = std::move(begin->second);
    begin = unconfirmed_.erase(begin);
    conclude(std::move(sent.message), confirmed.accepted && !sent.returned);
  }
}

void Publisher::conclude(Outgoing message, bool accepted) {
  if (!accepted && is_sent_again(message.kind)) {
    send_later(std::move(message));
    return;
  }
  if (message.kind == Kind::cast) {
    const std::lock_guard lock(mutex_);
    --open_casts_;
  }
  if (accepted) run(message.confirmed, message);
}

void Publisher::take_back(const Returned& returned) {
  if (!returned.is_confirmed) {
    calls_.refuse(returned.properties.correlation_id);
    send_again_by_key(returned.properties.correlation_id);
    return;
  }
  for (auto& [number, sent] : unconfirmed_) {
    const Properties& properties = sent.message.properties;
    if (sent.returned || sent.exchange != returned.exchange || sent.key != returned.routing_key ||
        properties.message_id != returned.properties.message_id ||
        properties.correlation_id != returned.properties.correlation_id)
      continue;
    // Its confirmation follows and decides.
    sent.returned = true;
    // Its queue is gone: whoever sends it again makes a new one.
    topology_.forget();
    return;
  }
}

void Publisher::send_later(Outgoing message) {
  {
    const std::lock_guard lock(mutex_);
    later_.emplace(runtime_.clock.steady() + kPause, std::move(message));
  }
  // The thread has been told already until when it may sleep.
  link_.shared().wake();
}

void Publisher::disconnected() {
  const std::lock_guard lock(mutex_);
  for (auto sent = unconfirmed_.rbegin(); sent != unconfirmed_.rend(); ++sent)
    if (is_sent_again(sent->second.message.kind))
      waiting_.push_front(std::move(sent->second.message));
  unconfirmed_.clear();
  // The broker may not have them. Who has got one already drops it.
  for (Answer& answer : answers_) waiting_.push_back(std::move(answer.message));
  answers_.clear();
  measure();
}

// Under the mutex, by the thread.
void Publisher::measure() {
  unconfirmed_messages_.set(
      static_cast<double>(waiting_.size() + later_.size() + unconfirmed_.size()));
}

bool Publisher::has_finished() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && later_.empty() && unconfirmed_.empty();
}

}  // namespace platform::rabbitmq
