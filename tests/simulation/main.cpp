// Runs the cloud of world.hpp from many seeds:
//   nephele_simulation --seeds 1000 [--first 1]   every seed must end without a violation
//   nephele_simulation --replay SEED              one seed, with every point printed
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/text.hpp"
#include "world.hpp"

namespace {

struct Arguments {
  uint64_t first = 1;
  uint64_t seeds = 1000;
  bool replay = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto number = static_cast<uint64_t>(base::parse_integer(argv[i + 1]).value_or(1));
    if (std::strcmp(argv[i], "--seeds") == 0) arguments.seeds = number;
    if (std::strcmp(argv[i], "--first") == 0) arguments.first = number;
    if (std::strcmp(argv[i], "--replay") == 0) arguments = {number, 1, true};
  }
  return arguments;
}

std::vector<std::string> run_seed(uint64_t seed, bool print) {
  try {
    simulation::World world(seed, 3);
    if (print)
      world.simulation().trace_to([](const std::string& line) { fmt::print("{}\n", line); });
    world.prepare();
    world.disturb(6);
    world.settle();
    return world.violations();
  } catch (const std::exception& error) {
    return {error.what()};
  }
}

// Every second seed: the two cores of a small machine share the work.
int run_half(const Arguments& arguments, uint64_t half) {
  int failed = 0;
  for (uint64_t seed = arguments.first + half; seed < arguments.first + arguments.seeds;
       seed += 2) {
    const auto violations = run_seed(seed, arguments.replay);
    if (violations.empty()) continue;
    ++failed;
    fmt::print("seed {} FAILED: replay with --replay {}\n", seed, seed);
    for (const std::string& violation : violations) fmt::print("  {}\n", violation);
    std::fflush(stdout);
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  const pid_t child = arguments.seeds > 1 ? ::fork() : -1;
  if (child == 0) ::_exit(run_half(arguments, 1) > 0 ? 1 : 0);
  int failed = run_half(arguments, 0);
  int status = 0;
  if (child > 0 && (::waitpid(child, &status, 0) < 0 || status != 0)) ++failed;
  fmt::print("simulation: {} seeds from {}, {}\n", arguments.seeds, arguments.first,
             failed ? "FAILED" : "all held");
  return failed ? 1 : 0;
}
