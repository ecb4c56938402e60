// Runs the cloud of cloud.hpp from many seeds:
//   nephele_simulation --seeds 1000 [--first 1]   every seed must end without a violation; then in
//                                                 how many of them what was reached
//   nephele_simulation --replay SEED              one seed, with every point printed
//   nephele_simulation --twice SEED               one seed twice: it must be the same run
//   nephele_simulation --kill-points 100          a death at every kind of point of every process,
//                                                 and at 100 more points
//   nephele_simulation --kill-point PROCESS:N     the death of that process at its point N
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "base/text.hpp"
#include "kill_points.hpp"
#include "world.hpp"

namespace {

struct Arguments {
  enum class Mode { seeds, replay, twice, kill_points, kill_point };
  uint64_t first = 1;
  uint64_t seeds = 1000;
  Mode mode = Mode::seeds;
  simulation::KillPoint point = {};
};

// PROCESS:NUMBER
simulation::KillPoint parse_point(std::string_view text) {
  const size_t colon = text.rfind(':');
  const auto number = base::parse_integer(text.substr(std::min(colon, text.size() - 1) + 1));
  return {std::string(text.substr(0, colon)), "chosen", static_cast<uint64_t>(number.value_or(0))};
}

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
      arguments = {1, 1, Arguments::Mode::kill_point, parse_point(argv[i + 1])};
  }
  return arguments;
}

bool die_at(const simulation::KillPoint& point) {
  std::vector<std::string> wrong;
  try {
    wrong = simulation::run_with_death(point);
  } catch (const std::exception& error) {
    wrong = {error.what()};
  }
  if (wrong.empty()) return true;
  fmt::print("death FAILED: replay with nephele_simulation --kill-point {}:{}\n  at {}\n",
             point.process, point.number, point.where);
  for (const std::string& what : wrong) fmt::print("  {}\n", what);
  std::fflush(stdout);
  return false;
}

// What the processes that share the work have in common.
struct Tally {
  std::atomic<uint64_t> next = 0;
  std::atomic<uint64_t> failed = 0;
  std::array<std::atomic<uint64_t>, simulation::kEvents> seen{};
};

Tally& make_tally() {
  void* memory =
      ::mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory to share");
  return *new (memory) Tally;
}

bool run(uint64_t seed, bool print, Tally& tally) {
  std::function<void(const std::string&)> trace;
  if (print) trace = [](const std::string& line) { fmt::print("{}\n", line); };
  const simulation::Outcome outcome = simulation::run_seed(seed, trace);
  for (size_t i = 0; i < simulation::kEvents; ++i)
    if (outcome.seen[i]) ++tally.seen[i];
  if (outcome.wrong.empty()) return true;
  fmt::print("seed {} FAILED: replay with nephele_simulation --replay {}\n  weather: {}\n", seed,
             seed, outcome.weather);
  for (const std::string& what : outcome.wrong) fmt::print("  {}\n", what);
  std::fflush(stdout);
  return false;
}

// `work` in a process for each core, at most `most`; they take the next number from the tally.
// True: all held. Forked before any work: threads do not survive it.
bool share(uint64_t most, Tally& tally, const std::function<void()>& work) {
  std::vector<pid_t> children;
  for (uint64_t i = 1; i < std::min<uint64_t>(most, std::thread::hardware_concurrency()); ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      work();
      ::_exit(0);
    }
    children.push_back(child);
  }
  work();
  for (const pid_t child : children) {
    int status = 0;
    if (::waitpid(child, &status, 0) < 0 || status != 0) ++tally.failed;
  }
  return tally.failed == 0;
}

int run_kill_points(const Arguments& arguments) {
  Tally& tally = make_tally();
  size_t count = 0;
  const bool held = share(arguments.seeds, tally, [&] {
    const auto points = simulation::list_kill_points(arguments.first);
    count = points.size();
    for (uint64_t i = tally.next++; i < count; i = tally.next++)
      if (!die_at(points[i])) ++tally.failed;
  });
  fmt::print("simulation: {} deaths, {}\n", count, held ? "all held" : "FAILED");
  return held ? 0 : 1;
}

int run_seeds(const Arguments& arguments) {
  Tally& tally = make_tally();
  const bool held = share(arguments.seeds, tally, [&] {
    for (uint64_t i = tally.next++; i < arguments.seeds; i = tally.next++)
      if (!run(arguments.first + i, false, tally)) ++tally.failed;
  });
  for (size_t i = 0; i < simulation::kEvents; ++i)
    fmt::print("simulation: {} seeds with {}\n", tally.seen[i].load(), simulation::kEventNames[i]);
  fmt::print("simulation: {} seeds from {}, {}\n", arguments.seeds, arguments.first,
             held ? "all held" : "FAILED");
  return held ? 0 : 1;
}

int run_twice(uint64_t seed) {
  const auto first = simulation::run_seed(seed, nullptr);
  const auto second = simulation::run_seed(seed, nullptr);
  fmt::print("seed {}: {:016x} {:016x}\n", seed, first.trace_hash, second.trace_hash);
  return first.trace_hash == second.trace_hash ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  using Mode = Arguments::Mode;
  const Arguments arguments = parse(argc, argv);
  switch (arguments.mode) {
    case Mode::seeds:
      return run_seeds(arguments);
    case Mode::replay:
      return run(arguments.first, true, make_tally()) ? 0 : 1;
    case Mode::twice:
      return run_twice(arguments.first);
    case Mode::kill_points:
      return run_kill_points(arguments);
    case Mode::kill_point:
      return die_at(arguments.point) ? 0 : 1;
  }
  return 1;
}
