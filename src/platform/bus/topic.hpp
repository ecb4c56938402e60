// One topic of the in-process bus: its consumers, and the messages that wait for one of them.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "platform/bus/bus.hpp"
#include "platform/bus/bus_metrics.hpp"
#include "platform/bus/delivery_policy.hpp"
#include "platform/runtime.hpp"

namespace platform {

struct TopicPolicy {
  DeliveryPolicy delivery = {};
  size_t max_waiting = SIZE_MAX;    // the oldest are dropped beyond
  Arrival arrival = Arrival::cast;  // of what is posted
};

// Thread-safe. Messages are handled in the order of their sending, as far as `concurrency` goes.
class Topic {
 public:
  Topic(Runtime runtime, std::string name, TopicPolicy policy);
  ~Topic();
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  // One subscriber: its handler and the tasks that run it.
  struct Consumer {
    MessageHandler handler;
    SubscribeOptions options;
    std::shared_ptr<Event> call_ended;

    // Guarded by the topic's mutex.
    bool closed = false;
    size_t calls = 0;  // in progress
    std::vector<std::shared_ptr<Event>> sleeping;
  };

  [[nodiscard]] std::shared_ptr<Consumer> add_consumer(MessageHandler handler,
                                                       SubscribeOptions options);
  // No message or call reaches it any more; its serve() ends, calls may still be in progress.
  void close(Consumer& consumer);
  void wait_for_calls(Consumer& consumer);

  void post(Message message, std::function<void()> settled);
  // Handles messages until the consumer is closed. The body of each of its tasks.
  void serve(Consumer& consumer);
  // Runs one of the consumers on this thread.
  [[nodiscard]] base::Json call(const Message& message);

 private:
  struct Waiting {
    Message message;
    std::function<void()> settled;
    Tries tries = {};
    base::SteadyTime due{};
  };
  class CallInProgress;

  [[nodiscard]] std::shared_ptr<Consumer> begin_call();
  void end_call(Consumer& consumer);

  enum class Next { message, sleep, end };
  [[nodiscard]] Next next(Consumer& consumer, const std::shared_ptr<Event>& own, Waiting& taken,
                          base::SteadyTime& due);
  void wake_up(Consumer& consumer, const std::shared_ptr<Event>& own);
  void process(Consumer& consumer, Waiting waiting);
  void failed(Waiting waiting, const std::exception& error);
  void put_back(Waiting waiting);

  // These need the mutex.
  [[nodiscard]] bool take(base::SteadyTime now, Waiting& taken);
  [[nodiscard]] bool nothing_waits() const { return ready_.empty() && delayed_.empty(); }
  [[nodiscard]] base::SteadyTime next_due() const;
  [[nodiscard]] std::shared_ptr<Event> pop_sleeper();

  Runtime runtime_;
  const std::string name_;
  const TopicPolicy policy_;
  metrics::Gauge& waiting_;

  std::mutex mutex_;
  std::vector<std::shared_ptr<Consumer>> consumers_;
  size_t next_call_ = 0;
  size_t next_sleeper_ = 0;
  std::deque<Waiting> ready_;
  std::vector<Waiting> delayed_;  // failed, to be tried again
};

}  // namespace platform
