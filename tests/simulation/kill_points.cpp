#include "kill_points.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/ids.hpp"
#include "world.hpp"

namespace simulation {
namespace {

constexpr uint64_t kSeed = 1;
constexpr size_t kIdLength = 36;

const Scale& scale() {
  static const Scale kScale{.compute_hosts = 2, .controllers = 1};
  return kScale;
}

std::string without_ids(std::string_view where) {
  std::string text;
  for (size_t i = 0; i < where.size();) {
    const bool is_id = base::is_uuid(where.substr(i, kIdLength));
    text += is_id ? '*' : where[i];
    i += is_id ? kIdLength : 1;
  }
  return text;
}

const Process* find_process(Cloud& cloud, const platform::SimulatedProcess& process) {
  for (const auto& candidate : cloud.processes())
    if (candidate->process.get() == &process) return candidate.get();
  return nullptr;
}

}  // namespace

std::vector<KillPoint> list_kill_points(size_t more) {
  std::vector<KillPoint> firsts;
  std::vector<KillPoint> others;
  std::map<std::string, uint64_t> count;
  std::set<std::pair<std::string, std::string>> seen;
  World world(kSeed, scale());
  world.prepare();
  world.cloud().simulation().on_point(
      [&](platform::SimulatedProcess& process, std::string_view where) {
        const Process* known = find_process(world.cloud(), process);
        if (!known) return;
        KillPoint point{known->name, without_ids(where), count[known->name]++};
        const bool is_first = seen.emplace(point.process, point.where).second;
        (is_first ? firsts : others).push_back(std::move(point));
      });
  world.walk_through();
  world.cloud().simulation().on_point(nullptr);
  more = std::min(more, others.size());
  for (size_t i = 0; i < more; ++i) firsts.push_back(others[i * others.size() / more]);
  return firsts;
}

std::vector<std::string> run_with_death(const KillPoint& point) {
  World world(kSeed, scale());
  world.prepare();
  uint64_t passed = 0;
  bool died = false;
  world.cloud().simulation().on_point([&](platform::SimulatedProcess& process, std::string_view) {
    const Process* known = find_process(world.cloud(), process);
    if (died || !known || known->name != point.process || passed++ != point.number) return;
    died = true;
    process.kill();
  });
  world.walk_through();
  world.cloud().simulation().on_point(nullptr);
  if (!died) return {"the point was not reached: the run is not the same run"};
  world.cloud().start_dead(true);
  return world.settle();
}

}  // namespace simulation
