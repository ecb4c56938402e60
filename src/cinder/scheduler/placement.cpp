#include "cinder/scheduler/placement.hpp"

#include <algorithm>

namespace cinder::scheduler {
namespace {

using openstack::Decision;
using store::PoolState;
using Pools = std::vector<const PoolState*>;

bool is_up(const PoolState& pool, const PlacementRequest& request) {
  return !pool.service.disabled && pool.service.last_seen_at >= request.alive_after;
}

template <class Passes>
void keep(Pools& pools, std::string_view filter, Decision& decision, Passes passes) {
  std::erase_if(pools, [&](const PoolState* pool) { return !passes(*pool); });
  decision.filters.push_back({std::string(filter), static_cast<int64_t>(pools.size())});
}

// One weigher's values over the pools that are left, scaled to 0..1.
struct Scale {
  double low = 0;
  double high = 0;
  Scale(const Pools& pools, const Weigher& weigher) {
    low = high = weigher.weigh(*pools.front());
    for (const PoolState* pool : pools) {
      low = std::min(low, weigher.weigh(*pool));
      high = std::max(high, weigher.weigh(*pool));
    }
  }
  [[nodiscard]] double normalized(double value) const {
    return high > low ? (value - low) / (high - low) : 0;
  }
};

std::vector<openstack::Weight> weigh(const Pools& pools, const PoolState& pool,
                                     const Rules& rules) {
  std::vector<openstack::Weight> weights;
  for (const WeightedBy& by : rules.weighers) {
    if (by.multiplier == 0) continue;
    const double value = by.weigher.weigh(pool);
    weights.push_back({std::string(by.weigher.name), value,
                       Scale(pools, by.weigher).normalized(value), by.multiplier});
  }
  return weights;
}

double total_of(const std::vector<openstack::Weight>& weights) {
  double total = 0;
  for (const auto& weight : weights) total += weight.normalized * weight.multiplier;
  return total;
}

}  // namespace

int64_t room_in(const PoolState& state) {
  const store::PoolRow& pool = state.pool;
  const int64_t percent = pool.thin ? pool.over_subscription_percent : 100;
  const int64_t reserved = pool.total_gib * pool.reserved_percentage / 100;
  const int64_t unclaimed = (pool.total_gib - reserved) * percent / 100 - state.claimed_gib;
  return std::min(unclaimed, (pool.free_gib - reserved) * percent / 100);
}

Rules make_rules(const std::vector<std::string>& filters,
                 const std::map<std::string, double>& weights) {
  Rules rules{choose_filters(filters), {}};
  for (const Weigher& weigher : known_weighers())
    rules.weighers.push_back({weigher, weights.at(std::string(weigher.option))});
  return rules;
}

Decision place(const std::vector<PoolState>& all, const PlacementRequest& request,
               const Rules& rules, platform::Random& random) {
  Decision decision;
  decision.hosts = static_cast<int64_t>(all.size());
  Pools pools;
  for (const PoolState& pool : all) pools.push_back(&pool);
  keep(pools, "(up and enabled)", decision,
       [&](const PoolState& pool) { return is_up(pool, request); });
  for (const Filter& filter : rules.filters)
    keep(pools, filter.name, decision,
         [&](const PoolState& pool) { return filter.passes(pool, request); });
  if (pools.empty()) return decision;

  Pools best;
  for (const PoolState* pool : pools) {
    const double total = total_of(weigh(pools, *pool, rules));
    if (best.empty() || total > decision.weight) best.clear();
    if (best.empty() || total == decision.weight) {
      best.push_back(pool);
      decision.weight = total;
    }
  }
  const PoolState& chosen = *best[best.size() > 1 ? random.below(best.size()) : 0];
  decision.host = chosen.pool.name;
  decision.ties = static_cast<int64_t>(best.size());
  decision.weights = weigh(pools, chosen, rules);
  return decision;
}

}  // namespace cinder::scheduler
