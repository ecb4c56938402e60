// One run: a cloud, its users, and what goes wrong.
#pragma once

#include "invariants.hpp"
#include "weather.hpp"

namespace simulation {

class World {
 public:
  World(uint64_t seed, const Scale& scale) : cloud_(seed, scale) {}

  // Creates the flavor, the network and the image while nothing fails yet.
  void prepare();
  // Users of two projects do `deeds` things each while the weather is bad.
  void disturb(const Weather& weather, size_t deeds);
  // One user makes, changes and deletes some of everything; nothing fails but what the hook of the
  // simulation does. Who dies is started again after a while.
  void walk_through();
  // Time passes until nothing is wrong, at most `kPatience` slices. What is wrong then.
  std::vector<std::string> settle();
  [[nodiscard]] Cloud& cloud() { return cloud_; }
  [[nodiscard]] const Coverage& seen() const { return observer_.seen(); }

 private:
  Cloud cloud_;
  Observer observer_{cloud_};
  Setting setting_;
  Ledger ledger_;
};

// A run whose scale and weather come from the seed. What is wrong after it.
struct Outcome {
  std::vector<std::string> wrong;
  uint64_t trace_hash = 0;
  std::string weather;
  Coverage seen{};
};
[[nodiscard]] Outcome run_seed(uint64_t seed, std::function<void(const std::string&)> trace);

}  // namespace simulation
