// What is away for seconds or minutes and comes back: hosts, the broker, databases, the wires
// between two sides of the cloud, and hosts that stand still while their work goes on elsewhere.
#pragma once

#include <array>
#include <map>
#include <string>

#include "cloud.hpp"

namespace simulation {

enum class Outage { host_cut_off, partition, broker, broker_restart, database, standstill };
inline constexpr size_t kOutages = 6;
[[nodiscard]] const char* to_text(Outage outage);

// One in so many slices of time; 0: never.
using OutageRates = std::array<uint64_t, kOutages>;
[[nodiscard]] OutageRates choose_outages(platform::Simulation& simulation);

// Those that are, at most one of each kind.
class Outages {
 public:
  Outages(Cloud& cloud, const OutageRates& rates) : cloud_(cloud), rates_(rates) {}
  // Between slices of time: some end; if `more`, others begin. True: something changed.
  bool next_slice(bool more);
  [[nodiscard]] bool any() const { return !running_.empty(); }
  [[nodiscard]] bool is(Outage outage) const { return running_.contains(outage); }
  // Adds what they do.
  void add_to(platform::Faults& faults) const;

 private:
  struct Running {
    base::TimePoint until{};
    platform::Faults faults;
  };
  void begin(Outage outage);
  Cloud& cloud_;
  OutageRates rates_;
  std::map<Outage, Running> running_;
};

}  // namespace simulation
