// What an API counts of its requests, by route: http_requests_total and
// http_request_duration_seconds.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "openstack/api.hpp"
#include "platform/metrics.hpp"

namespace openstack {

// Thread-safe.
class RequestMetrics {
 public:
  // `definition` outlives it, and its tables stay as they are.
  explicit RequestMetrics(const ApiDefinition& definition);
  // `route`: a row of the definition, of which the template is the label, never the path that was
  // asked for; null if none fits.
  void record(const Route* route, int status, base::Duration duration);

 private:
  struct Series {
    platform::metrics::Counter& requests;
    platform::metrics::Histogram& duration;
  };
  // Of one route by status class; made when it is first needed.
  struct Slot {
    std::string method;
    std::string route;
    std::array<std::atomic<Series*>, 5> by_class{};
  };
  [[nodiscard]] Slot& slot_of(const Route* route);
  [[nodiscard]] Series& make_series(const Slot& slot, size_t status_class);

  const ApiDefinition& definition_;
  // One for each row of `routes`, then of `public_routes`, then one for all else.
  std::deque<Slot> slots_;
  std::mutex mutex_;
  std::deque<Series> series_;  // guarded by mutex_
};

}  // namespace openstack
