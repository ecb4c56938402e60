#include "platform/clock.hpp"

#include <chrono>

namespace platform {
namespace {

class SystemClock final : public Clock {
 public:
  base::TimePoint now() const override {
    return std::chrono::floor<base::Duration>(std::chrono::system_clock::now());
  }
  base::SteadyTime steady() const override {
    return {
        std::chrono::floor<base::Duration>(std::chrono::steady_clock::now().time_since_epoch())};
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace platform
