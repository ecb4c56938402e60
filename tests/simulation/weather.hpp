// How bad it gets in one run: which faults, how often. Seeds differ widely: some are mild and
// long, some lose every tenth message, some kill, some only pause.
#pragma once

#include "cloud.hpp"
#include "coverage.hpp"
#include "outages.hpp"

namespace simulation {

struct Weather {
  platform::Faults faults;
  // One in so many points; 0: never.
  uint64_t kill_in = 0;
  uint64_t pause_in = 0;
  uint64_t jump_in = 0;
  int driver_failed = 0;      // in 1000
  uint64_t host_lost_in = 0;  // one in so many slices
  uint64_t targets_lost_in = 0;
  OutageRates outages{};
  base::Duration longest_thought{};  // of users, between two deeds
};

[[nodiscard]] Weather choose_weather(platform::Simulation& simulation);
[[nodiscard]] std::string to_text(const Weather& weather);

// Makes it so, until it ends.
class Storm {
 public:
  Storm(Cloud& cloud, Weather weather, Observer& observer);
  ~Storm();
  // Between slices of time: outages, losses, and some of the dead start again.
  void next_slice();
  // Nothing more begins; true: something is still away.
  bool abates();
  // The end: all is back but hosts that are gone.
  void end();

 private:
  void strike(platform::SimulatedProcess& process);
  void change(bool more);
  void lose_targets();
  Cloud& cloud_;
  Weather weather_;
  std::map<const platform::SimulatedProcess*, base::Duration> jumps_;
  bool host_lost_ = false;
  Outages outages_;
  Observer& observer_;
};

}  // namespace simulation
