// The scheduler's view of all hosts: kept in memory, brought up to date from the rows that changed.
#pragma once

#include <mutex>
#include <optional>

#include "nova/app/settings.hpp"
#include "nova/scheduler/placement.hpp"
#include "nova/store/allocations.hpp"
#include "nova/store/hosts.hpp"
#include "platform/clock.hpp"

namespace nova::scheduler {

// What a host with these resources may promise in all, after the ratios.
[[nodiscard]] store::Capacity capacity_of(const store::Capacity& resources,
                                          const app::Settings& settings);

// How old a view will do. A claim looks again at what must hold, so an old one costs no more than a
// lost race; only that there is no host must be true at this moment.
enum class ViewAge { recent, now };

// Thread-safe; no query runs under its lock.
class HostTable {
 public:
  HostTable(const app::Settings& settings, const platform::Clock& clock)
      : settings_(settings), clock_(clock) {}

  // Reads what has changed since the last time, and once a second which hosts live or have gone.
  // False: it read nothing, for the view is recent.
  bool refresh(platform::Session& session, ViewAge wanted);
  // Chooses a host and takes what the server needs off it in this view, until the next refresh of
  // that host says what the claims really are.
  [[nodiscard]] Decision take(const PlacementRequest& request, const Rules& rules,
                              platform::Random& random);
  // Reads one host again, e.g. after its claim was lost.
  void reload(platform::Session& session, const std::string& host);
  [[nodiscard]] bool knows_zone(const std::string& zone) const;

 private:
  void put(const store::HostState& state);
  [[nodiscard]] int64_t generation() const;
  [[nodiscard]] bool is_missing_in(const std::vector<store::SignOfLife>& signs) const;
  // Whether so much time has passed since `last`, which is now then.
  [[nodiscard]] bool is_time(std::optional<base::SteadyTime>& last, base::Duration interval);

  const app::Settings& settings_;
  const platform::Clock& clock_;
  mutable std::mutex mutex_;
  HostView view_;
  std::vector<int64_t> generations_;  // per host: an older row never overwrites a newer one
  int64_t generation_ = 0;
  std::optional<base::SteadyTime> read_at_;
  std::optional<base::SteadyTime> signs_read_at_;
};

}  // namespace nova::scheduler
