// The threads that read deliveries and run handlers: as many as were ever busy at once, shared by
// all subscriptions. What bounds them is the prefetch of each consumer.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/executor.hpp"

namespace platform::rabbitmq {

class Workers {
 public:
  explicit Workers(Executor& executor) : executor_(executor) {}
  // Finishes what was posted.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs the job at once, on a thread that is idle or new. Thread-safe, never waits.
  void post(std::function<void()> job);

 private:
  void work();

  Executor& executor_;
  std::mutex mutex_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::shared_ptr<Event>> idle_;  // one of each thread that waits for a job
  bool ending_ = false;
  std::vector<std::unique_ptr<Task>> threads_;
};

}  // namespace platform::rabbitmq
