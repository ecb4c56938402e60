#include "platform/simulation/runtime.hpp"

#include <utility>
#include <vector>

namespace platform::simulation {
namespace {

constexpr base::TimePoint kBeginning = std::chrono::sys_days{std::chrono::January / 1 / 2026};

base::SteadyTime deadline_after(base::SteadyTime now, base::Duration duration) {
  return duration >= kNever.since_start - now.since_start ? kNever : now + duration;
}

class SimulatedEvent final : public Event {
 public:
  explicit SimulatedEvent(std::shared_ptr<ProcessCore> process) : process_(std::move(process)) {}

  // No point: code sets events under its mutexes.
  void set() override {
    if (process_->killed) return;
    set_ = true;
    if (waiters_.empty()) return;
    process_->scheduler.wake(*waiters_.front());
  }

  bool wait_until(base::SteadyTime deadline) override {
    if (process_->refuses()) return false;
    Scheduler& scheduler = process_->scheduler;
    scheduler.point(*process_, "wait");
    if (process_->refuses()) return false;
    waiters_.push_back(&scheduler.current());
    while (!set_ && !process_->killed)
      if (!scheduler.block("wait", deadline)) break;
    std::erase(waiters_, &scheduler.current());
    if (process_->refuses()) return false;
    return std::exchange(set_, false);
  }

 private:
  std::shared_ptr<ProcessCore> process_;
  bool set_ = false;
  std::vector<Fiber*> waiters_;
};

class SimulatedTask final : public Task {
 public:
  SimulatedTask(Scheduler& scheduler, FiberPointer fiber)
      : scheduler_(scheduler), fiber_(std::move(fiber)) {}
  ~SimulatedTask() override { scheduler_.join(*fiber_); }

 private:
  Scheduler& scheduler_;
  FiberPointer fiber_;
};

// What a killed process gets, whose start does nothing.
class NoTask final : public Task {};

}  // namespace

base::TimePoint SimulatedClock::now() const {
  const base::TimePoint right = kBeginning + scheduler_.now().since_start;
  return process_ ? right + process_->clock_offset : right;
}

std::string SimulatedRandom::bytes(size_t count) {
  std::string text;
  text.reserve(count + 7);
  while (text.size() < count) {
    uint64_t word = seeded_.next();
    for (int i = 0; i < 8; ++i, word >>= 8) text += static_cast<char>(word & 255);
  }
  text.resize(count);
  return text;
}

std::unique_ptr<Task> SimulatedExecutor::start(std::string name, std::function<void()> body) {
  if (process_->refuses()) return std::make_unique<NoTask>();
  Scheduler& scheduler = process_->scheduler;
  return std::make_unique<SimulatedTask>(
      scheduler, scheduler.spawn(process_, std::move(name), std::move(body)));
}

std::unique_ptr<Event> SimulatedExecutor::make_event() {
  return std::make_unique<SimulatedEvent>(process_);
}

void SimulatedExecutor::sleep_for(base::Duration duration) {
  if (process_->refuses()) return;
  Scheduler& scheduler = process_->scheduler;
  const base::SteadyTime deadline = deadline_after(scheduler.now(), duration);
  while (scheduler.now() < deadline && !process_->killed) scheduler.block("sleep", deadline);
  if (process_->refuses()) return;
}

}  // namespace platform::simulation
