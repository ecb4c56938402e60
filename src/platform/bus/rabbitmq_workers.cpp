#include "platform/bus/rabbitmq_workers.hpp"

namespace platform::rabbitmq {

Workers::~Workers() {
  std::vector<std::shared_ptr<Event>> idle;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    idle.swap(idle_);
  }
  for (const auto& thread : idle) thread->set();
  threads_.clear();
}

void Workers::post(std::function<void()> job) {
  std::shared_ptr<Event> idle;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (idle_.empty()) {
      threads_.push_back(executor_.start("amqp worker", [this] { work(); }));
      return;
    }
    idle = std::move(idle_.back());
    idle_.pop_back();
  }
  // The thread wants the mutex as soon as it wakes.
  idle->set();
}

void Workers::work() {
  const auto own = std::shared_ptr<Event>(executor_.make_event());
  for (;;) {
    std::function<void()> job;
    {
      const std::lock_guard lock(mutex_);
      if (!jobs_.empty()) {
        job = std::move(jobs_.front());
        jobs_.pop_front();
      } else if (ending_) {
        return;
      } else {
        idle_.push_back(own);
      }
    }
    if (job) {
      job();
    } else {
      own->wait_until(kNever);
    }
  }
}

}  // namespace platform::rabbitmq
