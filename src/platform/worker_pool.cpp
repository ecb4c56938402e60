#include <deque>
#include <mutex>

#include "platform/executor.hpp"
#include "platform/log.hpp"

namespace platform {

// Each worker sleeps on an event of its own, and a new job wakes one that sleeps: with an event for
// all of them, two jobs posted at once could wake only one worker.
struct WorkerPool::State {
  std::string name;
  size_t queue_limit = 0;
  std::vector<std::unique_ptr<Event>> wake;  // one per worker

  std::mutex mutex;
  std::deque<std::function<void()>> jobs;
  std::vector<Event*> sleeping;
  bool stopping = false;

  enum class Next { job, sleep, end };
  Next next(Event& own, std::function<void()>& job) {
    const std::lock_guard lock(mutex);
    if (!jobs.empty()) {
      job = std::move(jobs.front());
      jobs.pop_front();
      return Next::job;
    }
    if (stopping) return Next::end;
    sleeping.push_back(&own);
    return Next::sleep;
  }

  void run(const std::function<void()>& job) const {
    try {
      job();
    } catch (const std::exception& error) {
      log_error("job failed pool={} error={}", name, error.what());
    }
  }

  void work(Event& own) {
    for (;;) {
      std::function<void()> job;
      switch (next(own, job)) {
        case Next::end:
          return;
        case Next::job:
          run(job);
          break;
        case Next::sleep:
          while (!own.wait_until(kNever)) {
          }
          break;
      }
    }
  }
};

WorkerPool::WorkerPool(Executor& executor, std::string name, size_t workers, size_t queue_limit)
    : state_(std::make_shared<State>()) {
  state_->name = name;
  state_->queue_limit = queue_limit;
  for (size_t i = 0; i < workers; ++i) state_->wake.push_back(executor.make_event());
  for (const auto& wake : state_->wake) {
    tasks_.push_back(
        executor.start(name, [state = state_, own = wake.get()] { state->work(*own); }));
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  for (const auto& wake : state_->wake) wake->set();
  tasks_.clear();
}

bool WorkerPool::post(std::function<void()> job) {
  Event* sleeper = nullptr;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->jobs.size() >= state_->queue_limit) return false;
    state_->jobs.push_back(std::move(job));
    if (!state_->sleeping.empty()) {
      sleeper = state_->sleeping.back();
      state_->sleeping.pop_back();
    }
  }
  if (sleeper != nullptr) sleeper->set();
  return true;
}

}  // namespace platform
