// A target that remembers what it was told: for tests.
#pragma once

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

[[nodiscard]] std::unique_ptr<Target> make_fake_target(std::shared_ptr<FakeTargetTable> table);

}  // namespace cinder::drivers
