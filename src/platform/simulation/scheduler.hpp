// Who runs, and what time it is. Exactly one thread holds the baton: a task's, or the one that made
// the simulation ("main"). All state of a simulation is touched by the holder only, so there are no
// locks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "platform/simulation/threads.hpp"

namespace platform::simulation {

class Scheduler;
struct ProcessCore;

// A small fast generator (splitmix64): one for all decisions, one for each process's Random.
class Seeded {
 public:
  explicit Seeded(uint64_t seed) : state_(seed) {}
  uint64_t next();
  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound) { return next() % bound; }

 private:
  uint64_t state_;
};

// A task of the simulation, or main.
struct Fiber {
  enum class State { runnable, running, waiting, pumping, ended };

  uint64_t id = 0;
  std::string name;
  std::shared_ptr<ProcessCore> process;  // null: main
  std::function<void()> body;
  std::function<void()> ended;  // runs after the body, also when that was killed; must not throw
  State state = State::runnable;
  std::string where = "start";
  bool woken = false;
  base::SteadyTime deadline{};
  uint64_t timer = 0;  // 0: none
  Thread* thread = nullptr;
  Baton* baton = nullptr;  // null: not started yet
  std::vector<Fiber*> joiners;
};
using FiberPointer = std::shared_ptr<Fiber>;

// What is common to everything of one simulated process.
struct ProcessCore {
  ProcessCore(Scheduler& its_scheduler, std::string its_host, uint64_t its_number)
      : scheduler(its_scheduler), host(std::move(its_host)), number(its_number) {}

  // Every interface asks this first. False: go on. True: do nothing. Throws Killed.
  [[nodiscard]] bool refuses() const;
  // For an interface that gives a result: throws Killed or base::Error(unavailable).
  void refuse_if_killed() const;
  // A point, with refuse_if_killed() before and after.
  void point(std::string_view where);

  Scheduler& scheduler;
  const std::string host;
  const uint64_t number;
  bool killed = false;
  bool paused = false;
  base::Duration clock_offset{0};  // of the wall clock
  std::vector<Fiber*> fibers;      // that have not ended
};

class Scheduler {
 public:
  explicit Scheduler(uint64_t seed);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  [[nodiscard]] uint64_t below(uint64_t bound) { return random_.below(bound); }
  // True in `in_thousand` of 1000 cases.
  [[nodiscard]] bool chance(int in_thousand);
  [[nodiscard]] base::SteadyTime now() const { return now_; }
  [[nodiscard]] bool on_main() { return &current() == &main_; }
  [[nodiscard]] Fiber& current();

  FiberPointer spawn(std::shared_ptr<ProcessCore> process, std::string name,
                     std::function<void()> body, std::function<void()> ended = nullptr);
  // Waits for its end, whatever happens.
  void join(Fiber& fiber);
  // Calls `action` at that time, on whichever thread; it must not wait or throw.
  void at(base::SteadyTime time, std::function<void()> action);
  // Parks the current fiber until wake() (true) or `deadline`. May also return, false, because its
  // process was killed.
  bool block(std::string_view where, base::SteadyTime deadline);
  void wake(Fiber& fiber);
  // Time passes a little, and maybe somebody else goes on. Nothing on main.
  void point(ProcessCore& process, std::string_view where);
  // No task of the process goes on until resume().
  void pause(ProcessCore& process);
  void resume(ProcessCore& process);
  // Makes every task of a killed process unwind, and runs nothing else until they have ended.
  void unwind(ProcessCore& process);
  bool run_until(const std::function<bool()>& done, base::Duration limit);

  [[nodiscard]] uint64_t trace_hash() const { return hash_; }
  [[nodiscard]] std::string dump() const;

  std::function<void(ProcessCore&, std::string_view)> on_point;
  std::function<void(const std::string&)> trace;

 private:
  struct Timer {
    Fiber* fiber = nullptr;  // or
    std::function<void()> action = nullptr;
  };

  void switch_to(Fiber& next);
  // Runs a fiber to its end on this thread, then those that can begin here, then hands on.
  void run_here(Thread& thread, FiberPointer fiber);
  void run_body(Fiber& fiber);
  void end(Fiber& fiber);
  Fiber& choose();
  Fiber* choose_unwinding();
  Fiber& take_runnable(size_t index);
  // To those that can go on, or, of a paused process, to those that will.
  void line_up(Fiber& fiber);
  // False: nothing will ever happen by itself before `until`.
  bool advance(base::SteadyTime until);
  void fire_due();
  void make_runnable(Fiber& fiber);
  void cancel_timer(Fiber& fiber);
  void record(const Fiber& fiber, std::string_view where);
  [[noreturn]] void fail_deadlocked() const;

  OnOneProcessor on_one_processor_;
  Seeded random_;
  uint64_t switch_in_;  // a task goes on at a point in all but one of so many cases
  base::SteadyTime now_{std::chrono::seconds{1000}};
  Fiber main_;
  Baton main_baton_;
  std::map<uint64_t, FiberPointer> fibers_;  // that have not ended, by id
  std::vector<Fiber*> runnable_;
  std::vector<Fiber*> held_;  // runnable, but of a paused process
  std::map<std::pair<base::SteadyTime, uint64_t>, Timer> timers_;
  uint64_t next_id_ = 1;
  ProcessCore* unwinding_ = nullptr;
  Fiber* unwinder_ = nullptr;
  base::SteadyTime limit_{};
  uint64_t budget_ = 0;
  bool idle_ = false;  // nothing happens by itself before limit_
  uint64_t hash_ = 14695981039346656037U;
};

}  // namespace platform::simulation
