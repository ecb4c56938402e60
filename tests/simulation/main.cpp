// Runs the cloud of cloud.hpp from many seeds:
//   nephele_simulation --seeds 1000 [--first 1]   every seed must end without a violation
//   nephele_simulation --replay SEED              one seed, with every point printed
//   nephele_simulation --twice SEED               one seed twice: it must be the same run
//   nephele_simulation --kill-points 100          a death at every kind of point of every process,
//                                                 and at 100 more points
//   nephele_simulation --kill-point N             the death number N of these
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "base/text.hpp"
#include "kill_points.hpp"
#include "world.hpp"

namespace {

struct Arguments {
  enum class Mode { seeds, replay, twice, kill_points, kill_point };
  uint64_t first = 1;
  uint64_t seeds = 1000;
  Mode mode = Mode::seeds;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto number = static_cast<uint64_t>(base::parse_integer(argv[i + 1]).value_or(1));
    if (std::strcmp(argv[i], "--seeds") == 0) arguments.seeds = number;
    if (std::strcmp(argv[i], "--first") == 0) arguments.first = number;
    if (std::strcmp(argv[i], "--replay") == 0) arguments = {number, 1, Arguments::Mode::replay};
    if (std::strcmp(argv[i], "--twice") == 0) arguments = {number, 1, Arguments::Mode::twice};
    if (std::strcmp(argv[i], "--kill-points") == 0)
      arguments = {number, 1000, Arguments::Mode::kill_points};
    if (std::strcmp(argv[i], "--kill-point") == 0)
      arguments = {number, 1, Arguments::Mode::kill_point};
  }
  return arguments;
}

bool run(uint64_t seed, bool print) {
  std::function<void(const std::string&)> trace;
  if (print) trace = [](const std::string& line) { fmt::print("{}\n", line); };
  const simulation::Outcome outcome = simulation::run_seed(seed, trace);
  if (outcome.wrong.empty()) return true;
  fmt::print("seed {} FAILED: replay with nephele_simulation --replay {}\n  weather: {}\n", seed,
             seed, outcome.weather);
  for (const std::string& what : outcome.wrong) fmt::print("  {}\n", what);
  std::fflush(stdout);
  return false;
}

// As many as the default of --kill-points, so that a number means the same death.
constexpr size_t kMorePoints = 100;

bool die_at(const simulation::KillPoint& point, size_t number) {
  std::vector<std::string> wrong;
  try {
    wrong = simulation::run_with_death(point);
  } catch (const std::exception& error) {
    wrong = {error.what()};
  }
  if (wrong.empty()) return true;
  fmt::print(
      "death {} FAILED: replay with nephele_simulation --kill-point {}\n  {} at its point {}, {}\n",
      number, number, point.process, point.number, point.where);
  for (const std::string& what : wrong) fmt::print("  {}\n", what);
  std::fflush(stdout);
  return false;
}

int run_kill_points(const Arguments& arguments, uint64_t half) {
  const auto points = simulation::list_kill_points(
      arguments.mode == Arguments::Mode::kill_point ? kMorePoints : arguments.first);
  if (arguments.mode == Arguments::Mode::kill_point)
    return die_at(points.at(arguments.first), arguments.first) ? 0 : 1;
  int failed = 0;
  for (size_t i = half; i < points.size(); i += 2)
    if (!die_at(points[i], i)) ++failed;
  if (half == 0) fmt::print("simulation: {} deaths\n", points.size());
  return failed;
}

// Every second seed: the two cores of a small machine share the work.
int run_half(const Arguments& arguments, uint64_t half) {
  if (arguments.mode >= Arguments::Mode::kill_points) return run_kill_points(arguments, half);
  int failed = 0;
  for (uint64_t seed = arguments.first + half; seed < arguments.first + arguments.seeds; seed += 2)
    if (!run(seed, arguments.mode == Arguments::Mode::replay)) ++failed;
  return failed;
}

int run_twice(uint64_t seed) {
  const auto first = simulation::run_seed(seed, nullptr);
  const auto second = simulation::run_seed(seed, nullptr);
  fmt::print("seed {}: {:016x} {:016x}\n", seed, first.trace_hash, second.trace_hash);
  return first.trace_hash == second.trace_hash ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.mode == Arguments::Mode::twice) return run_twice(arguments.first);
  const pid_t child = arguments.seeds > 1 ? ::fork() : -1;
  if (child == 0) ::_exit(run_half(arguments, 1) > 0 ? 1 : 0);
  int failed = run_half(arguments, 0);
  int status = 0;
  if (child > 0 && (::waitpid(child, &status, 0) < 0 || status != 0)) ++failed;
  if (arguments.mode >= Arguments::Mode::kill_points)
    fmt::print("simulation: {}\n", failed ? "FAILED" : "all held");
  else
    fmt::print("simulation: {} seeds from {}, {}\n", arguments.seeds, arguments.first,
               failed ? "FAILED" : "all held");
  return failed ? 1 : 0;
}
