#include "platform/simulation/scheduler.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iterator>

#include "base/error.hpp"
#include "platform/executor.hpp"
#include "platform/log.hpp"
#include "platform/simulation/simulation.hpp"
#include "platform/waiting.hpp"

namespace platform::simulation {
namespace {

// Null on a thread that made a simulation.
thread_local Fiber* this_fiber = nullptr;

// How many tasks go on before run_until asks again whether it is done.
constexpr uint64_t kTasksBetweenQuestions = 16;
constexpr uint64_t kMicrosecondsPerPoint = 100;
constexpr uint64_t kTimerJitter = 1000;  // microseconds

}  // namespace

uint64_t Seeded::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

bool ProcessCore::refuses() const {
  if (!killed) return false;
  if (scheduler.on_main() || std::uncaught_exceptions() > 0) return true;
  throw Killed{};
}

void ProcessCore::refuse_if_killed() const {
  if (refuses())
    throw base::Error(base::ErrorKind::unavailable, "This process was killed.", "simulated");
}

void ProcessCore::point(std::string_view where) {
  refuse_if_killed();
  scheduler.point(*this, where);
  refuse_if_killed();
}

// Some seeds switch at every point, some let a task go on for long: they find different bugs.
Scheduler::Scheduler(uint64_t seed) : random_(seed), switch_in_(uint64_t{1} << random_.below(4)) {
  main_.name = "main";
  main_.state = Fiber::State::running;
  main_.baton = &main_baton_;
}

bool Scheduler::chance(int in_thousand) {
  return in_thousand > 0 && below(1000) < static_cast<uint64_t>(in_thousand);
}

Fiber& Scheduler::current() { return this_fiber ? *this_fiber : main_; }

FiberPointer Scheduler::spawn(std::shared_ptr<ProcessCore> process, std::string name,
                              std::function<void()> body, std::function<void()> ended) {
  auto fiber = std::make_shared<Fiber>();
  fiber->id = next_id_++;
  fiber->name = std::move(name);
  fiber->process = std::move(process);
  fiber->body = std::move(body);
  fiber->ended = std::move(ended);
  fiber->process->fibers.push_back(fiber.get());
  fibers_[fiber->id] = fiber;
  line_up(*fiber);
  return fiber;
}

void Scheduler::join(Fiber& fiber) {
  while (fiber.state != Fiber::State::ended) {
    fiber.joiners.push_back(&current());
    block("join " + fiber.name, kNever);
  }
}

void Scheduler::at(base::SteadyTime time, std::function<void()> action) {
  timers_[{time, next_id_++}] = Timer{.action = std::move(action)};
}

bool Scheduler::block(std::string_view where, base::SteadyTime deadline) {
  assert_may_wait("a wait in the simulation");
  Fiber& fiber = current();
  record(fiber, where);
  fiber.where = where;
  fiber.state = Fiber::State::waiting;
  fiber.woken = false;
  if (deadline != kNever) {
    fiber.deadline = deadline;
    fiber.timer = next_id_++;
    timers_[{deadline, fiber.timer}] = Timer{.fiber = &fiber};
  }
  switch_to(choose());
  return fiber.woken;
}

void Scheduler::wake(Fiber& fiber) {
  if (fiber.state != Fiber::State::waiting) return;
  fiber.woken = true;
  make_runnable(fiber);
}

void Scheduler::point(ProcessCore& process, std::string_view where) {
  assert_may_wait("a point of the simulation");
  Fiber& fiber = current();
  if (&fiber == &main_) return;
  fiber.where = where;
  now_ = now_ + base::Duration{1 + below(kMicrosecondsPerPoint)};
  record(fiber, where);
  if (on_point) on_point(process, where);
  fire_due();
  const bool paused = fiber.process->paused;
  if (!paused && (runnable_.empty() || below(switch_in_) != 0)) return;
  fiber.state = Fiber::State::runnable;
  line_up(fiber);
  switch_to(choose());
}

void Scheduler::line_up(Fiber& fiber) {
  (fiber.process && fiber.process->paused ? held_ : runnable_).push_back(&fiber);
}

void Scheduler::pause(ProcessCore& process) {
  process.paused = true;
  const auto its = [&](const Fiber* fiber) { return fiber->process.get() == &process; };
  std::copy_if(runnable_.begin(), runnable_.end(), std::back_inserter(held_), its);
  std::erase_if(runnable_, its);
}

void Scheduler::resume(ProcessCore& process) {
  process.paused = false;
  const auto its = [&](const Fiber* fiber) { return fiber->process.get() == &process; };
  std::copy_if(held_.begin(), held_.end(), std::back_inserter(runnable_), its);
  std::erase_if(held_, its);
}

void Scheduler::unwind(ProcessCore& process) {
  for (Fiber* fiber : process.fibers)
    if (fiber->state == Fiber::State::waiting) make_runnable(*fiber);
  Fiber& self = current();
  if (self.process.get() == &process || process.fibers.empty() || unwinding_) return;
  unwinding_ = &process;
  unwinder_ = &self;
  self.where = "kill";
  // Whoever is woken meanwhile, for another reason, waits on.
  while (unwinding_ == &process) {
    self.state = Fiber::State::waiting;
    switch_to(choose());
  }
}

bool Scheduler::run_until(const std::function<bool()>& done, base::Duration limit) {
  limit_ = now_ + limit;
  idle_ = false;
  for (;;) {
    if (done()) return true;
    if (idle_) now_ = std::max(now_, limit_);
    idle_ = false;
    if (now_ >= limit_) return false;
    budget_ = kTasksBetweenQuestions;
    main_.state = Fiber::State::pumping;
    switch_to(choose());
  }
}

void Scheduler::switch_to(Fiber& next) {
  Fiber& self = current();
  next.state = Fiber::State::running;
  if (&next == &self) return;
  if (!next.baton) {
    Thread& thread = Thread::borrow(on_one_processor_.processor());
    thread.prepare(
        // Mutable: nothing may be left in here to be destroyed once the baton has gone on.
        [this, &thread, fiber = fibers_.at(next.id)]() mutable {
          run_here(thread, std::move(fiber));
        });
    next.baton = &thread.baton();
  }
  // From here on the next one has the baton: not even `next` may be touched.
  Baton& mine = *self.baton;
  next.baton->give();
  mine.take();
}

void Scheduler::run_here(Thread& thread, FiberPointer fiber) {
  for (;;) {
    this_fiber = fiber.get();
    run_body(*fiber);
    end(*fiber);
    fiber.reset();
    this_fiber = nullptr;
    Fiber& next = choose();
    next.state = Fiber::State::running;
    if (next.baton) {
      Baton& baton = *next.baton;
      thread.give_back();
      baton.give();
      return;
    }
    next.baton = &thread.baton();
    fiber = fibers_.at(next.id);
  }
}

void Scheduler::run_body(Fiber& fiber) {
  try {
    if (!fiber.process->killed) fiber.body();
  } catch (const Killed&) {
    // That is how a killed task ends.
  } catch (const std::exception& error) {
    log_error("an exception left a task, which is a bug task={} error={}", fiber.name,
              error.what());
    flush_log();
    std::abort();
  }
  // What it captured goes while it is still a task.
  fiber.body = nullptr;
  if (fiber.ended) fiber.ended();
  fiber.ended = nullptr;
}

void Scheduler::end(Fiber& fiber) {
  record(fiber, "end");
  fiber.state = Fiber::State::ended;
  std::erase(fiber.process->fibers, &fiber);
  for (Fiber* joiner : fiber.joiners) wake(*joiner);
  fiber.joiners.clear();
  fibers_.erase(fiber.id);
}

Fiber& Scheduler::choose() {
  if (unwinding_) {
    if (Fiber* fiber = choose_unwinding()) return *fiber;
  }
  for (;;) {
    const bool pumping = main_.state == Fiber::State::pumping;
    if (pumping && budget_ == 0) return main_;
    if (!runnable_.empty()) {
      if (pumping) --budget_;
      return take_runnable(below(runnable_.size()));
    }
    if (advance(pumping ? limit_ : kNever)) continue;
    if (!pumping) fail_deadlocked();
    idle_ = true;
    return main_;
  }
}

// The killed process's tasks, then the one that killed it.
Fiber* Scheduler::choose_unwinding() {
  if (unwinding_->fibers.empty()) {
    Fiber* unwinder = unwinder_;
    unwinding_ = nullptr;
    unwinder_ = nullptr;
    return unwinder;
  }
  for (size_t i = 0; i < runnable_.size(); ++i)
    if (runnable_[i]->process.get() == unwinding_) return &take_runnable(i);
  // They wait for a task of another process: the others must go on first.
  return nullptr;
}

Fiber& Scheduler::take_runnable(size_t index) {
  std::swap(runnable_[index], runnable_.back());
  Fiber* fiber = runnable_.back();
  runnable_.pop_back();
  return *fiber;
}

bool Scheduler::advance(base::SteadyTime until) {
  if (timers_.empty()) return false;
  const base::SteadyTime earliest = timers_.begin()->first.first;
  if (earliest > until) return false;
  now_ = std::max(now_, earliest + base::Duration{below(kTimerJitter)});
  fire_due();
  return true;
}

void Scheduler::fire_due() {
  while (!timers_.empty() && timers_.begin()->first.first <= now_) {
    auto node = timers_.extract(timers_.begin());
    if (Fiber* fiber = node.mapped().fiber) {
      fiber->timer = 0;
      make_runnable(*fiber);
    } else {
      node.mapped().action();
    }
  }
}

void Scheduler::make_runnable(Fiber& fiber) {
  cancel_timer(fiber);
  fiber.state = Fiber::State::runnable;
  line_up(fiber);
}

void Scheduler::cancel_timer(Fiber& fiber) {
  if (fiber.timer != 0) timers_.erase({fiber.deadline, fiber.timer});
  fiber.timer = 0;
}

void Scheduler::record(const Fiber& fiber, std::string_view where) {
  const auto mix = [this](uint64_t value) { hash_ = (hash_ ^ value) * 1099511628211U; };
  mix(fiber.id);
  mix(static_cast<uint64_t>(now_.since_start.count()));
  for (const char c : where) mix(static_cast<unsigned char>(c));
  if (trace)
    trace(fmt::format("{:.6f} {}#{} {}/{}: {}", static_cast<double>(now_.since_start.count()) / 1e6,
                      fiber.process ? fiber.process->host : "",
                      fiber.process ? fiber.process->number : 0, fiber.name, fiber.id, where));
}

std::string Scheduler::dump() const {
  std::string text = fmt::format("main: {}\n", main_.where);
  for (const auto& [id, fiber] : fibers_)
    text += fmt::format("{}#{} {}/{}: {}{}\n", fiber->process->host, fiber->process->number,
                        fiber->name, id, fiber->where, fiber->process->killed ? " (killed)" : "");
  return text;
}

void Scheduler::fail_deadlocked() const {
  log_error("every task of the simulation waits and no timer is pending, which is a bug:\n{}",
            dump());
  flush_log();
  std::abort();
}

}  // namespace platform::simulation
