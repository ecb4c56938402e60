// Every process dies once at every kind of point that it passes: one fixed story is run once to
// count them, then again for each of them, with that process killed there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

struct KillPoint {
  std::string process;  // "nova-compute@compute-0"
  std::string where;    // "SaveSaga"; ids are "*"
  uint64_t number = 0;  // of the process's points
};

// The first point of each kind of each process, and of the rest `more`, evenly spread.
[[nodiscard]] std::vector<KillPoint> list_kill_points(size_t more);
// What is wrong after the story with that death.
[[nodiscard]] std::vector<std::string> run_with_death(const KillPoint& point);

}  // namespace simulation
