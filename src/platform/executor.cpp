// Real threads. Periodic and WorkerPool stand in periodic.cpp and worker_pool.cpp: they are made of
// these interfaces only.
#include "platform/executor.hpp"

#include <pthread.h>
#include <semaphore.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <utility>

#include "platform/log.hpp"

namespace platform {
namespace {

// Keeps far deadlines (kNever) representable in the nanoseconds of std::chrono.
constexpr base::Duration kLongestWait = std::chrono::hours(24 * 365);

timespec to_timespec(base::SteadyTime deadline) {
  const base::SteadyTime latest = system_clock().steady() + kLongestWait;
  const base::Duration since = std::min(deadline, latest).since_start;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {seconds.count(), (since - seconds).count()};
}

// A semaphore of at most one: who is woken needs no lock that the waker still holds, as it would
// with a condition variable, and may destroy it at once.
class SystemEvent final : public Event {
 public:
  SystemEvent() { ::sem_init(&semaphore_, 0, 0); }
  ~SystemEvent() override { ::sem_destroy(&semaphore_); }
  SystemEvent(const SystemEvent&) = delete;
  SystemEvent& operator=(const SystemEvent&) = delete;

  void set() override {
    if (!set_.exchange(true)) ::sem_post(&semaphore_);
  }
  bool wait_until(base::SteadyTime deadline) override {
    const timespec until = to_timespec(deadline);
    while (::sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until) != 0)
      if (errno != EINTR) return false;
    // What was set since has been seen with it.
    set_.exchange(false);
    return true;
  }

 private:
  sem_t semaphore_;
  std::atomic<bool> set_ = false;
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
