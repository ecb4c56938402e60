// How bad it gets in one run: which faults, how often. Seeds differ widely: some are mild and
// long, some lose every tenth message, some kill, some only pause.
#pragma once

#include "cloud.hpp"

namespace simulation {

struct Weather {
  platform::Faults faults;
  // One in so many points; 0: never.
  uint64_t kill_in = 0;
  uint64_t pause_in = 0;
  uint64_t jump_in = 0;
  int driver_failed = 0;      // in 1000
  uint64_t cut_in = 0;        // one in so many slices of time a host is cut off, or is back
  uint64_t host_lost_in = 0;  // one in so many slices
};

[[nodiscard]] Weather choose_weather(platform::Simulation& simulation);
[[nodiscard]] std::string to_text(const Weather& weather);

// Makes it so, until it ends.
class Storm {
 public:
  Storm(Cloud& cloud, Weather weather);
  ~Storm();
  // Between slices of time: cuts, losses, and some of the dead start again.
  void next_slice();
  // The end: all is back but hosts that are gone.
  void end();

 private:
  void strike(platform::SimulatedProcess& process);
  std::string choose_host();
  Cloud& cloud_;
  Weather weather_;
  std::map<const platform::SimulatedProcess*, base::Duration> jumps_;
  bool host_lost_ = false;
};

}  // namespace simulation
