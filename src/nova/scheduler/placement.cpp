#include "nova/scheduler/placement.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace nova::scheduler {
namespace {

// The loops below take plain pointers to what can not overlap: a byte of a mask might otherwise be
// any byte of memory, and nothing would be vectorized.

int64_t count(const Mask& mask) {
  const uint8_t* const bits = mask.data();
  const size_t size = mask.size();
  uint32_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum += bits[i];
  return sum;
}

struct Range {
  int32_t low = std::numeric_limits<int32_t>::max();
  int32_t high = std::numeric_limits<int32_t>::min();
  [[nodiscard]] float span() const {
    return static_cast<float>(static_cast<int64_t>(high) - static_cast<int64_t>(low));
  }
};

// Over the hosts that are left.
Range range_of(std::span<const int32_t> values, const Mask& mask) {
  Range range;
  const int32_t* const value = values.data();
  const uint8_t* const bits = mask.data();
  const size_t size = values.size();
  for (size_t i = 0; i < size; ++i) {
    range.low = std::min(range.low, bits[i] ? value[i] : std::numeric_limits<int32_t>::max());
    range.high = std::max(range.high, bits[i] ? value[i] : std::numeric_limits<int32_t>::min());
  }
  return range;
}

// What normalization made of a weigher's values.
struct Weighed {
  const WeightedBy* by;
  std::vector<int32_t> scratch;
  std::span<const int32_t> values;
  Range range;
};

// Adds a weigher's share to the totals: values scaled to 0..1 over the hosts that are left.
Weighed add_weight(const WeightedBy& by, const HostView& hosts, const PlacementRequest& request,
                   const Mask& mask, std::vector<float>& totals) {
  Weighed weighed{&by, {}, {}, {}};
  weighed.values = by.weigher->weigh(hosts, request, weighed.scratch);
  weighed.range = range_of(weighed.values, mask);
  const float span = weighed.range.span();
  if (span <= 0) return weighed;
  const float factor = static_cast<float>(by.multiplier) / span;
  const float offset = -static_cast<float>(weighed.range.low) * factor;
  const int32_t* const __restrict value = weighed.values.data();
  float* const __restrict total = totals.data();
  const size_t size = totals.size();
  for (size_t i = 0; i < size; ++i) total[i] += static_cast<float>(value[i]) * factor + offset;
  return weighed;
}

// The highest total of the hosts that are left; the others' are made the lowest. In lanes, since
// the order in which floats are compared may not be changed for us.
float highest(std::vector<float>& totals, const Mask& mask) {
  constexpr size_t kLanes = 16;
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  float* const __restrict total = totals.data();
  const uint8_t* const __restrict bits = mask.data();
  const size_t size = totals.size();
  for (size_t i = 0; i < size; ++i) total[i] = bits[i] ? total[i] : kLowest;
  std::array<float, kLanes> best;
  best.fill(kLowest);
  size_t i = 0;
  for (; i + kLanes <= size; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane)
      best[lane] = total[i + lane] > best[lane] ? total[i + lane] : best[lane];
  for (; i < size; ++i) best[0] = std::max(best[0], total[i]);
  return *std::max_element(best.begin(), best.end());
}

// The best host; among equals a random one.
std::pair<size_t, int64_t> best_of(std::vector<float>& totals, const Mask& mask,
                                   platform::Random& random) {
  const float best = highest(totals, mask);
  const float* const total = totals.data();
  const size_t size = totals.size();
  uint32_t ties = 0;
  for (size_t i = 0; i < size; ++i) ties += static_cast<uint32_t>(total[i] >= best);
  uint64_t skip = ties > 1 ? random.below(ties) : 0;
  for (size_t i = 0; i < size; ++i)
    if (total[i] >= best && skip-- == 0) return {i, ties};
  return {0, 0};
}

Weight explain(const Weighed& weighed, size_t chosen) {
  const float span = weighed.range.span();
  const double value = weighed.values[chosen];
  const double normalized = span > 0 ? (value - weighed.range.low) / span : 0;
  return {std::string(weighed.by->weigher->name()), value, normalized, weighed.by->multiplier};
}

}  // namespace

int32_t TextColumn::number_of(const std::string& text) const {
  const auto found = known_.find(text);
  return found == known_.end() ? -1 : found->second;
}

int32_t TextColumn::ensure(const std::string& text) {
  return known_.try_emplace(text, static_cast<int32_t>(known_.size())).first->second;
}

void TextColumn::set(size_t host, const std::string& text) { numbers_[host] = ensure(text); }

void TextColumn::grow() { numbers_.push_back(ensure("")); }

std::optional<size_t> HostView::find(const std::string& name) const {
  const auto found = index.find(name);
  if (found == index.end()) return std::nullopt;
  return found->second;
}

size_t HostView::ensure(const std::string& name) {
  const auto [found, fresh] = index.try_emplace(name, names.size());
  if (!fresh) return found->second;
  names.push_back(name);
  zones.grow();
  hypervisor_types.grow();
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
