// A target that remembers what it was told: for tests and the simulation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "cinder/drivers/target/target.hpp"

namespace cinder::drivers {

// Outlives the FakeTarget, as a daemon does.
struct FakeTargetTable {
  std::mutex mutex;
  std::map<std::string, Export> exports;
  int64_t generation = 1;
};

// `point` is called at the start of each call that changes something, and at its end: the
// simulation's place to intervene, also by throwing base::Error; may be empty.
[[nodiscard]] std::unique_ptr<Target> make_fake_target(
    std::shared_ptr<FakeTargetTable> table, std::function<void(const char*)> point = nullptr);

}  // namespace cinder::drivers
