// Whoever finds no message sleeps on an event of its own until the next failed message is due. This
// stays true: while something waits and somebody sleeps, at least one task is about to look again
// or sleeps no longer than that. So who takes a message or leaves while more wait wakes another
// task.
#include "platform/bus/topic.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "platform/bus/delivery.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

void wake(const std::shared_ptr<Event>& sleeper) {
  if (sleeper) sleeper->set();
}

void settle(const std::function<void()>& settled, const Message& message) {
  if (!settled) return;
  try {
    settled();
  } catch (const std::exception& error) {
    log_error("settling failed type={} message={} error={}", message.type, message.id,
              error.what());
  }
}

}  // namespace

// Counts a call as long as it runs, also when something else than a std::exception ends it.
class Topic::CallInProgress {
 public:
  CallInProgress(Topic& topic, Consumer& consumer) : topic_(topic), consumer_(consumer) {}
  ~CallInProgress() { topic_.end_call(consumer_); }
  CallInProgress(const CallInProgress&) = delete;
  CallInProgress& operator=(const CallInProgress&) = delete;

 private:
  Topic& topic_;
  Consumer& consumer_;
};

Topic::Topic(Runtime runtime, std::string name, TopicPolicy policy)
    : runtime_(std::move(runtime)),
      name_(std::move(name)),
      policy_(policy),
      waiting_(waiting_messages(name_)) {}

Topic::~Topic() { waiting_.add(-static_cast<double>(ready_.size() + delayed_.size())); }

std::shared_ptr<Topic::Consumer> Topic::add_consumer(MessageHandler handler,
                                                     SubscribeOptions options) {
  auto consumer = std::make_shared<Consumer>();
  consumer->handler = std::move(handler);
  consumer->options = std::move(options);
  consumer->call_ended = runtime_.executor.make_event();
  const std::lock_guard lock(mutex_);
  consumers_.push_back(consumer);
  return consumer;
}

void Topic::close(Consumer& consumer) {
  std::vector<std::shared_ptr<Event>> sleeping;
  {
    const std::lock_guard lock(mutex_);
    consumer.closed = true;
    std::erase_if(consumers_, [&](const auto& other) { return other.get() == &consumer; });
    sleeping.swap(consumer.sleeping);
  }
  for (const auto& sleeper : sleeping) sleeper->set();
}

void Topic::wait_for_calls(Consumer& consumer) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (consumer.calls == 0) return;
    }
    consumer.call_ended->wait_until(kNever);
  }
}

std::shared_ptr<Topic::Consumer> Topic::begin_call() {
  const std::lock_guard lock(mutex_);
  if (consumers_.empty())
    throw base::Error(base::ErrorKind::unavailable,
                      fmt::format("No service answers for {} now. Try again later.", name_));
  std::shared_ptr<Consumer> consumer = consumers_[next_call_++ % consumers_.size()];
  ++consumer->calls;
  return consumer;
}

void Topic::end_call(Consumer& consumer) {
  std::shared_ptr<Event> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (--consumer.calls == 0 && consumer.closed) waiting = consumer.call_ended;
  }
  wake(waiting);
}

base::Json Topic::call(const Message& message) {
  const std::shared_ptr<Consumer> consumer = begin_call();
  const CallInProgress in_progress(*this, *consumer);
  return handle(runtime_, name_, Arrival::call, consumer->options, consumer->handler, message);
}

void Topic::post(Message message, std::function<void()> settled) {
  std::shared_ptr<Event> sleeper;
  {
    const std::lock_guard lock(mutex_);
    if (ready_.size() >= policy_.max_waiting) {
      ready_.pop_front();
      waiting_.add(-1);
    }
    ready_.push_back({std::move(message), std::move(settled)});
    waiting_.add(1);
    sleeper = pop_sleeper();
  }
  wake(sleeper);
}

void Topic::serve(Consumer& consumer) {
  const std::shared_ptr<Event> own = runtime_.executor.make_event();
  for (;;) {
    Waiting taken;
    base::SteadyTime due = kNever;
    switch (next(consumer, own, taken, due)) {
      case Next::end:
        return;
      case Next::message:
        process(consumer, std::move(taken));
        break;
      case Next::sleep:
        own->wait_until(due);
        wake_up(consumer, own);
        break;
    }
  }
}

Topic::Next Topic::next(Consumer& consumer, const std::shared_ptr<Event>& own, Waiting& taken,
                        base::SteadyTime& due) {
  const base::SteadyTime now = runtime_.clock.steady();
  std::shared_ptr<Event> sleeper;
  Next result = Next::end;
  {
    const std::lock_guard lock(mutex_);
    if (!consumer.closed) result = take(now, taken) ? Next::message : Next::sleep;
    if (result == Next::sleep) {
      consumer.sleeping.push_back(own);
      due = next_due();
    } else if (!nothing_waits()) {
      sleeper = pop_sleeper();
    }
  }
  wake(sleeper);
  return result;
}

void Topic::wake_up(Consumer& consumer, const std::shared_ptr<Event>& own) {
  const std::lock_guard lock(mutex_);
  std::erase(consumer.sleeping, own);
}

bool Topic::take(base::SteadyTime now, Waiting& taken) {
  const auto due = std::find_if(delayed_.begin(), delayed_.end(),
                                [&](const Waiting& waiting) { return waiting.due <= now; });
  if (due != delayed_.end()) {
    taken = std::move(*due);
    delayed_.erase(due);
    waiting_.add(-1);
    return true;
  }
  if (ready_.empty()) return false;
  taken = std::move(ready_.front());
  ready_.pop_front();
  waiting_.add(-1);
  return true;
}

base::SteadyTime Topic::next_due() const {
  base::SteadyTime due = kNever;
  for (const Waiting& waiting : delayed_) due = std::min(due, waiting.due);
  return due;
}

// Takes turns among the consumers that have a sleeping task.
std::shared_ptr<Event> Topic::pop_sleeper() {
  for (size_t i = 0; i < consumers_.size(); ++i) {
    auto& sleeping = consumers_[next_sleeper_++ % consumers_.size()]->sleeping;
    if (sleeping.empty()) continue;
    std::shared_ptr<Event> sleeper = std::move(sleeping.back());
    sleeping.pop_back();
    return sleeper;
  }
  return nullptr;
}

void Topic::process(Consumer& consumer, Waiting waiting) {
  try {
    (void)handle(runtime_, name_, policy_.arrival, consumer.options, consumer.handler,
                 waiting.message);
  } catch (const std::exception& error) {
    failed(std::move(waiting), error);
    return;
  } catch (...) {
    // The task is being killed (simulation): what it leaves is another consumer's.
    put_back(std::move(waiting));
    throw;
  }
  settle(waiting.settled, waiting.message);
}

void Topic::put_back(Waiting waiting) {
  std::vector<std::shared_ptr<Event>> sleepers;
  {
    const std::lock_guard lock(mutex_);
    ready_.push_front(std::move(waiting));
    waiting_.add(1);
    while (auto sleeper = pop_sleeper()) sleepers.push_back(std::move(sleeper));
  }
  for (const auto& sleeper : sleepers) sleeper->set();
}

void Topic::failed(Waiting waiting, const std::exception& error) {
  const Message& message = waiting.message;
  waiting.tries.add(error);
  if (!policy_.delivery.tries_again(waiting.tries, error)) {
    log_error("message dead-lettered topic={} type={} message={} request={} tries={} error={}",
              name_, message.type, message.id, message.request_id, waiting.tries.all, error.what());
    settle(waiting.settled, message);
    return;
  }
  log_warning(
      "handler failed, message will be tried again topic={} type={} message={} tries={} "
      "error={}",
      name_, message.type, message.id, waiting.tries.all, error.what());
  waiting.due = runtime_.clock.steady() + policy_.delivery.backoff(waiting.tries.all);
  // The task that delays it looks for the next message at once and keeps the watch.
  const std::lock_guard lock(mutex_);
  delayed_.push_back(std::move(waiting));
  waiting_.add(1);
}

}  // namespace platform
