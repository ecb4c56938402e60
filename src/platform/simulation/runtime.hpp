// Executor, clock and randomness of one simulated process.
#pragma once

#include "platform/executor.hpp"
#include "platform/random.hpp"
#include "platform/simulation/scheduler.hpp"

namespace platform::simulation {

// Virtual time; the wall clock may be off.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(const Scheduler& scheduler,
                          std::shared_ptr<const ProcessCore> process = nullptr)
      : scheduler_(scheduler), process_(std::move(process)) {}
  [[nodiscard]] base::TimePoint now() const override;
  [[nodiscard]] base::SteadyTime steady() const override { return scheduler_.now(); }

 private:
  const Scheduler& scheduler_;
  std::shared_ptr<const ProcessCore> process_;
};

class SimulatedRandom final : public Random {
 public:
  explicit SimulatedRandom(uint64_t seed) : seeded_(seed) {}
  [[nodiscard]] std::string bytes(size_t count) override;

 private:
  Seeded seeded_;
};

class SimulatedExecutor final : public Executor {
 public:
  explicit SimulatedExecutor(std::shared_ptr<ProcessCore> process)
      : process_(std::move(process)), clock_(process_->scheduler, process_) {}
  [[nodiscard]] std::unique_ptr<Task> start(std::string name, std::function<void()> body) override;
  [[nodiscard]] std::unique_ptr<Event> make_event() override;
  void sleep_for(base::Duration duration) override;
  [[nodiscard]] Clock& clock() override { return clock_; }

 private:
  std::shared_ptr<ProcessCore> process_;
  SimulatedClock clock_;
};

}  // namespace platform::simulation
