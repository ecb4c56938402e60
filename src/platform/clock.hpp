// Time as the only way a service may know it: real in production, virtual in the simulation.
#pragma once

#include "base/time.hpp"

namespace platform {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // UTC wall clock: what users and rows see. May jump.
  [[nodiscard]] virtual base::TimePoint now() const = 0;
  // Never jumps: deadlines, timers and measurements.
  [[nodiscard]] virtual base::SteadyTime steady() const = 0;
};

// The machine's clock.
[[nodiscard]] Clock& system_clock();

}  // namespace platform
