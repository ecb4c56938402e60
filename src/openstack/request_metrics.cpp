#include "openstack/request_metrics.hpp"

#include <algorithm>
#include <mutex>

namespace openstack {
namespace {

using platform::metrics::Description;

constexpr Description kRequests{"http_requests_total",
                                "Requests answered, by route template and class of status."};
constexpr Description kDuration{"http_request_duration_seconds",
                                "How long requests took, by route template and class of status."};
constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};

// The row's place in its table; none if it is of another.
std::optional<size_t> place_in(const Routes& table, const Route* route) {
  const std::less<> before;
  if (table.empty() || before(route, table.data()) || !before(route, table.data() + table.size()))
    return std::nullopt;
  return static_cast<size_t>(route - table.data());
}

}  // namespace

RequestMetrics::RequestMetrics(const ApiDefinition& definition) : definition_(definition) {
  const auto add = [this](std::string_view method, std::string route) {
    Slot& slot = slots_.emplace_back();
    slot.method = method;
    slot.route = std::move(route);
  };
  for (const Route& route : definition.routes)
    add(route.method, definition.prefix + std::string(route.path));
  for (const Route& route : definition.public_routes) add(route.method, std::string(route.path));
  // Methods and paths of which nobody has heard are a client's to choose.
  add("other", "other");
}

RequestMetrics::Slot& RequestMetrics::slot_of(const Route* route) {
  if (route != nullptr) {
    if (const auto place = place_in(definition_.routes, route)) return slots_[*place];
    if (const auto place = place_in(definition_.public_routes, route))
      return slots_[definition_.routes.size() + *place];
  }
  return slots_.back();
}

RequestMetrics::Series& RequestMetrics::make_series(const Slot& slot, size_t status_class) {
  const platform::metrics::Labels labels{{"service", definition_.role},
                                         {"method", slot.method},
                                         {"route", slot.route},
                                         {"status", kClasses[status_class]}};
  auto& registry = platform::metrics::registry();
  const std::lock_guard lock(mutex_);
  return series_.emplace_back(registry.counter(kRequests, labels),
                              registry.histogram(kDuration, labels));
}

void RequestMetrics::record(const Route* route, int status, base::Duration duration) {
  Slot& slot = slot_of(route);
  const auto status_class = static_cast<size_t>(std::clamp(status / 100, 1, 5) - 1);
  std::atomic<Series*>& known = slot.by_class[status_class];
  Series* series = known.load(std::memory_order_acquire);
  if (series == nullptr) {
    // Two that come first at once make two that share their metrics.
    series = &make_series(slot, status_class);
    known.store(series, std::memory_order_release);
  }
  series->requests.add();
  series->duration.observe(duration);
}

}  // namespace openstack
