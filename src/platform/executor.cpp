// Real threads. Periodic and WorkerPool stand in periodic.cpp and worker_pool.cpp: they are made of
// these interfaces only.
#include "platform/executor.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "platform/log.hpp"

namespace platform {
namespace {

// Keeps far deadlines (kNever) representable in the nanoseconds of std::chrono.
constexpr base::Duration kLongestWait = std::chrono::hours(24 * 365);

std::chrono::steady_clock::time_point to_std(base::SteadyTime deadline) {
  const base::SteadyTime latest = system_clock().steady() + kLongestWait;
  return std::chrono::steady_clock::time_point(std::min(deadline, latest).since_start);
}

class SystemEvent final : public Event {
 public:
  void set() override {
    // Notified under the lock: who is woken may destroy the event.
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_one();
  }
  bool wait_until(base::SteadyTime deadline) override {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, to_std(deadline), [this] { return set_; });
    return std::exchange(set_, false);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

void run(const std::string& name, const std::function<void()>& body) {
  // The kernel keeps 15 characters.
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  try {
    body();
  } catch (const std::exception& error) {
    log_error("an exception left a task, which is a bug task={} error={}", name, error.what());
    flush_log();
    std::abort();
  }
}

class SystemTask final : public Task {
 public:
  SystemTask(std::string name, std::function<void()> body)
      : thread_([name = std::move(name), body = std::move(body)] { run(name, body); }) {}
  ~SystemTask() override { thread_.join(); }

 private:
  std::thread thread_;
};

class SystemExecutor final : public Executor {
 public:
  std::unique_ptr<Task> start(std::string name, std::function<void()> body) override {
    return std::make_unique<SystemTask>(std::move(name), std::move(body));
  }
  std::unique_ptr<Event> make_event() override { return std::make_unique<SystemEvent>(); }
  void sleep_for(base::Duration duration) override {
    std::this_thread::sleep_for(std::min(duration, kLongestWait));
  }
  Clock& clock() override { return system_clock(); }
};

}  // namespace

Executor& system_executor() {
  static SystemExecutor executor;
  return executor;
}

}  // namespace platform
