// Randomness as the only way a service may get it: getrandom(2) in production, a seed in the
// simulation.
#pragma once

#include <cstdint>
#include <string>

namespace platform {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  // `count` bytes, fit for keys and tokens in production.
  [[nodiscard]] virtual std::string bytes(size_t count) = 0;

  // Uniform in [0, bound); bound > 0.
  [[nodiscard]] uint64_t below(uint64_t bound);
  // "xxxxxxxx-xxxx-4xxx-..."
  [[nodiscard]] std::string uuid();
  // 32 hex digits: Keystone's ids.
  [[nodiscard]] std::string hex_id();
};

// The kernel's.
[[nodiscard]] Random& system_random();

}  // namespace platform
