// Threads, waiting and waking as the only way a service may have them, so that the simulation can
// run one task at a time on virtual time. Code above this layer uses no std::thread, no
// std::condition_variable and no sleep. A std::mutex is fine as long as nothing is waited for or
// called through an interface while it is held.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/clock.hpp"

namespace platform {

// A deadline that never comes.
inline constexpr base::SteadyTime kNever{base::Duration::max()};

// One-bit, auto-resetting: a `set` before the wait is not lost, two sets wake one wait.
// Thread-safe.
class Event {
 public:
  virtual ~Event() = default;
  // Never blocks and never throws: destructors call it.
  virtual void set() = 0;
  // Waits until set or until `deadline`. True: it was set, and is now cleared.
  virtual bool wait_until(base::SteadyTime deadline) = 0;
};

// A running task. The destructor waits for its end, so whoever starts one must first make it end.
// A std::exception that leaves its body is logged and aborts the program.
class Task {
 public:
  virtual ~Task() = default;
};

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual std::unique_ptr<Task> start(std::string name,
                                                    std::function<void()> body) = 0;
  [[nodiscard]] virtual std::unique_ptr<Event> make_event() = 0;
  virtual void sleep_for(base::Duration duration) = 0;
  [[nodiscard]] virtual Clock& clock() = 0;
};

// Real threads on the machine's clock.
[[nodiscard]] Executor& system_executor();

// Calls `work` every `interval`, at once when woken, and the first time at once; one call at a
// time. An exception from `work` is logged and the next call happens all the same. The destructor
// stops it and waits for a call in progress.
class Periodic {
 public:
  Periodic(Executor& executor, std::string name, base::Duration interval,
           std::function<void()> work);
  ~Periodic();
  // Runs `work` soon, once, however often called meanwhile. Thread-safe, never blocks.
  void wake();

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::unique_ptr<Task> task_;
};

// A bounded number of tasks that run jobs from a bounded queue. The destructor finishes what is
// queued.
class WorkerPool {
 public:
  WorkerPool(Executor& executor, std::string name, size_t workers, size_t queue_limit);
  ~WorkerPool();
  // False: the queue is full and the job was not taken.
  [[nodiscard]] bool post(std::function<void()> job);

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::vector<std::unique_ptr<Task>> tasks_;
};

}  // namespace platform
