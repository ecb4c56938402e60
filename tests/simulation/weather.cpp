#include "weather.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace simulation {
namespace {

using platform::SimulatedProcess;
using platform::Simulation;

int chance(Simulation& simulation, int most) {
  // Half of the seeds are without it.
  if (simulation.choose(2) == 0) return 0;
  return static_cast<int>(simulation.choose(static_cast<uint64_t>(most) + 1));
}

uint64_t one_in(Simulation& simulation, uint64_t least) {
  if (simulation.choose(2) == 0) return 0;
  return least + simulation.choose(4 * least);
}

bool strikes(Simulation& simulation, uint64_t one_in) {
  return one_in > 0 && simulation.choose(one_in) == 0;
}

}  // namespace

Weather choose_weather(Simulation& simulation) {
  Weather weather;
  platform::Faults& faults = weather.faults;
  faults.message_lost = chance(simulation, 80);
  faults.message_doubled = chance(simulation, 150);
  faults.message_delayed = chance(simulation, 150);
  faults.message_late = chance(simulation, 1000);
  faults.read_failed = chance(simulation, 10);
  faults.commit_failed = chance(simulation, 20);
  faults.commit_unknown = chance(simulation, 20);
  faults.commit_repeated = chance(simulation, 100);
  faults.http_failed = chance(simulation, 40);
  faults.http_delayed = chance(simulation, 60);
  weather.kill_in = one_in(simulation, 800);
  weather.pause_in = one_in(simulation, 3000);
  weather.jump_in = one_in(simulation, 5000);
  weather.driver_failed = chance(simulation, 60);
  weather.host_lost_in = one_in(simulation, 15);
  weather.targets_lost_in = one_in(simulation, 5);
  weather.outages = choose_outages(simulation);
  // Where users take their time, minutes of an outage fit in between.
  weather.longest_thought = std::chrono::seconds{simulation.choose(3) == 0 ? 60 : 8};
  return weather;
}

std::string to_text(const Weather& weather) {
  const platform::Faults& f = weather.faults;
  std::string text = fmt::format(
      "lost {} doubled {} delayed {} late {} | read failed {} commit failed {} unknown {} repeated "
      "{} | http failed {} delayed {} | drivers {} | one in: kill {} pause {} jump {} host lost {} "
      "targets lost {}",
      f.message_lost, f.message_doubled, f.message_delayed, f.message_late, f.read_failed,
      f.commit_failed, f.commit_unknown, f.commit_repeated, f.http_failed, f.http_delayed,
      weather.driver_failed, weather.kill_in, weather.pause_in, weather.jump_in,
      weather.host_lost_in, weather.targets_lost_in);
  for (size_t i = 0; i < kOutages; ++i)
    if (weather.outages[i] > 0)
      text += fmt::format(" {} {}", to_text(static_cast<Outage>(i)), weather.outages[i]);
  return text;
}

Storm::Storm(Cloud& cloud, Weather weather, Observer& observer)
    : cloud_(cloud),
      weather_(std::move(weather)),
      outages_(cloud, weather_.outages),
      observer_(observer) {
  cloud_.simulation().faults(weather_.faults);
  cloud_.driver_faults(weather_.driver_failed);
  cloud_.simulation().on_point(
      [this](SimulatedProcess& process, std::string_view) { strike(process); });
}

Storm::~Storm() { cloud_.simulation().on_point(nullptr); }

void Storm::strike(SimulatedProcess& process) {
  Simulation& simulation = cloud_.simulation();
  if (cloud_.is_user(process)) return;
  if (strikes(simulation, weather_.jump_in)) {
    const auto by = std::chrono::seconds{simulation.choose(180)} - std::chrono::seconds{90};
    process.jump_clock(by);
    jumps_[&process] = jumps_[&process] + by;
  }
  if (strikes(simulation, weather_.pause_in))
    process.pause(std::chrono::milliseconds{simulation.choose(200'000)});
  if (strikes(simulation, weather_.kill_in)) process.kill();
}

void Storm::next_slice() {
  Simulation& simulation = cloud_.simulation();
  change(true);
  lose_targets();
  if (!host_lost_ && strikes(simulation, weather_.host_lost_in)) {
    host_lost_ = true;
    auto machine = cloud_.machines().begin();
    std::advance(machine, static_cast<int64_t>(simulation.choose(cloud_.machines().size())));
    cloud_.lose_host(machine->first);
    observer_.saw(Event::host_lost);
  }
}

// As when a target daemon dies.
void Storm::lose_targets() {
  for (const auto& [host, storage] : cloud_.storages()) {
    if (!strikes(cloud_.simulation(), weather_.targets_lost_in)) continue;
    storage->targets->exports.clear();
    ++storage->targets->generation;
  }
}

bool Storm::abates() {
  weather_.pause_in = 0;
  change(false);
  const auto& all = cloud_.processes();
  return outages_.any() || std::any_of(all.begin(), all.end(), [](const auto& process) {
           return process->process->paused() && !process->process->killed();
         });
}

void Storm::change(bool more) {
  const bool changed = outages_.next_slice(more);
  platform::Faults faults = weather_.faults;
  outages_.add_to(faults);
  observer_.look(faults);
  if (changed) cloud_.simulation().faults(std::move(faults));
  cloud_.start_dead(false);
}

void Storm::end() {
  cloud_.simulation().on_point(nullptr);
  cloud_.simulation().faults({});
  cloud_.driver_faults(0);
  for (const auto& process : cloud_.processes())
    if (const auto jump = jumps_.find(process->process.get()); jump != jumps_.end())
      process->process->jump_clock(-jump->second);
  cloud_.start_dead(true);
}

}  // namespace simulation
