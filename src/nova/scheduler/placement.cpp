#include "nova/scheduler/placement.hpp"

#include <limits>
#include <numeric>

namespace nova::scheduler {
namespace {

int64_t count(const Mask& mask) {
  uint32_t sum = 0;
  for (const uint8_t bit : mask) sum += bit;
  return sum;
}

struct Range {
  float low = std::numeric_limits<float>::max();
  float high = std::numeric_limits<float>::lowest();
};

// Over the hosts that are left. Written without branches, so that it is vectorized.
Range range_of(const std::vector<float>& values, const Mask& mask) {
  Range range;
  const size_t size = values.size();
  for (size_t i = 0; i < size; ++i) {
    const float low = mask[i] ? values[i] : std::numeric_limits<float>::max();
    const float high = mask[i] ? values[i] : std::numeric_limits<float>::lowest();
    range.low = low < range.low ? low : range.low;
    range.high = high > range.high ? high : range.high;
  }
  return range;
}

// What normalization made of a weigher's values.
struct Weighed {
  const WeightedBy* by;
  std::vector<float> values;
  Range range;
};

// Adds a weigher's share to the totals: values scaled to 0..1 over the hosts that are left.
Weighed add_weight(const WeightedBy& by, const HostView& hosts, const PlacementRequest& request,
                   const Mask& mask, std::vector<float>& totals) {
  Weighed weighed{&by, std::vector<float>(hosts.size()), {}};
  by.weigher->weigh(hosts, request, weighed.values);
  weighed.range = range_of(weighed.values, mask);
  const float span = weighed.range.high - weighed.range.low;
  if (span <= 0) return weighed;
  const float factor = static_cast<float>(by.multiplier) / span;
  for (size_t i = 0; i < totals.size(); ++i)
    totals[i] += (weighed.values[i] - weighed.range.low) * factor;
  return weighed;
}

// The best host; among equals a random one.
std::pair<size_t, int64_t> best_of(const std::vector<float>& totals, const Mask& mask,
                                   platform::Random& random) {
  const float best = range_of(totals, mask).high;
  int64_t ties = 0;
  for (size_t i = 0; i < totals.size(); ++i)
    ties += mask[i] & static_cast<uint8_t>(totals[i] >= best);
  uint64_t skip = ties > 1 ? random.below(static_cast<uint64_t>(ties)) : 0;
  for (size_t i = 0; i < totals.size(); ++i) {
    if (!mask[i] || totals[i] < best) continue;
    if (skip-- == 0) return {i, ties};
  }
  return {0, 0};
}

Weight explain(const Weighed& weighed, size_t chosen) {
  const float span = weighed.range.high - weighed.range.low;
  const float value = weighed.values[chosen];
  const float normalized = span > 0 ? (value - weighed.range.low) / span : 0;
  return {std::string(weighed.by->weigher->name()), value, normalized, weighed.by->multiplier};
}

}  // namespace

std::optional<size_t> HostView::find(const std::string& name) const {
  const auto found = index.find(name);
  if (found == index.end()) return std::nullopt;
  return found->second;
}

size_t HostView::ensure(const std::string& name) {
  const auto [found, fresh] = index.try_emplace(name, names.size());
  if (!fresh) return found->second;
  names.push_back(name);
  zones.emplace_back();
  hypervisor_types.emplace_back();
  free_vcpus.push_back(0);
  free_memory_mib.push_back(0);
  free_disk_gib.push_back(0);
  in_progress.push_back(0);
  last_seen_us.push_back(0);
  enabled.push_back(0);
  return found->second;
}

Decision place(const HostView& hosts, const PlacementRequest& request, const Rules& rules,
               platform::Random& random) {
  Decision decision;
  decision.hosts = static_cast<int64_t>(hosts.size());
  Mask mask(hosts.size(), 1);
  int64_t left = decision.hosts;
  for (const auto& filter : rules.filters) {
    if (left > 0 && filter->concerns(request)) {
      filter->apply(hosts, request, mask);
      left = count(mask);
    }
    decision.filters.push_back({std::string(filter->name()), left});
  }
  if (left == 0) return decision;

  std::vector<float> totals(hosts.size(), 0.0F);
  std::vector<Weighed> weighed;
  for (const WeightedBy& by : rules.weighers)
    if (by.multiplier != 0 && by.weigher->concerns(request))
      weighed.push_back(add_weight(by, hosts, request, mask, totals));
  const auto [chosen, ties] = best_of(totals, mask, random);
  decision.host = hosts.names[chosen];
  decision.ties = ties;
  decision.weight = totals[chosen];
  for (const Weighed& one : weighed) decision.weights.push_back(explain(one, chosen));
  return decision;
}

}  // namespace nova::scheduler
