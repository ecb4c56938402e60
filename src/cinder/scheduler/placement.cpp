#include "cinder/scheduler/placement.hpp"

#include <algorithm>

#include "base/error.hpp"

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

void keep_fitting(Pools& pools, const PlacementRequest& request, const Rules& rules,
                  Decision& decision) {
  keep(pools, "(up and enabled)", decision,
       [&](const PoolState& pool) { return is_up(pool, request); });
  if (!request.pool.empty())
    keep(pools, "(its group's)", decision,
         [&](const PoolState& pool) { return pool.pool.name == request.pool; });
  for (const Filter& filter : rules.filters)
    keep(pools, filter.name, decision,
         [&](const PoolState& pool) { return filter.passes(pool, request); });
}

// A weigher's values of the pools that are left, in their order, and the same scaled to 0..1.
struct Column {
  const WeightedBy* by = nullptr;
  std::vector<double> values;
  [[nodiscard]] double normalized(size_t row) const {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return *high > *low ? (values[row] - *low) / (*high - *low) : 0;
  }
};

std::vector<Column> weigh_all(const Pools& pools, const PlacementRequest& request,
                              const Rules& rules) {
  std::vector<Column> columns;
  for (const WeightedBy& by : rules.weighers) {
    if (by.multiplier == 0) continue;
    Column& column = columns.emplace_back(Column{&by, {}});
    for (const PoolState* pool : pools) column.values.push_back(by.weigher.weigh(*pool, request));
  }
  return columns;
}

std::vector<openstack::Weight> weights_of(const std::vector<Column>& columns, size_t row) {
  std::vector<openstack::Weight> weights;
  for (const Column& column : columns)
    weights.push_back({std::string(column.by->weigher.name), column.values[row],
                       column.normalized(row), column.by->multiplier});
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

Rules make_rules(const std::vector<std::string>& filters, const std::vector<std::string>& weighers,
                 const std::map<std::string, double>& weights) {
  Rules rules{choose_filters(filters), {}};
  for (const std::string& name : weighers) {
    const auto known = known_weighers();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Weigher& weigher) { return weigher.name == name; });
    if (found == known.end())
      throw base::Error(base::ErrorKind::bad_request,
                        "[DEFAULT] scheduler_default_weighers names '" + name +
                            "', which is no weigher that is built");
    rules.weighers.push_back(
        {*found, found->option.empty() ? 1.0 : weights.at(std::string(found->option))});
  }
  return rules;
}

Decision place(const std::vector<PoolState>& all, const PlacementRequest& request,
               const Rules& rules, platform::Random& random) {
  return place_together(all, {&request, 1}, rules, random);
}

Decision place_together(const std::vector<PoolState>& all,
                        std::span<const PlacementRequest> requests, const Rules& rules,
                        platform::Random& random) {
  Decision decision;
  decision.hosts = static_cast<int64_t>(all.size());
  Pools pools;
  for (const PoolState& pool : all) pools.push_back(&pool);
  for (const PlacementRequest& request : requests) keep_fitting(pools, request, rules, decision);
  if (pools.empty()) return decision;

  const std::vector<Column> columns = weigh_all(pools, requests.front(), rules);
  std::vector<size_t> best;
  for (size_t row = 0; row < pools.size(); ++row) {
    const double total = total_of(weights_of(columns, row));
    if (best.empty() || total > decision.weight) best.clear();
    if (best.empty() || total == decision.weight) {
      best.push_back(row);
      decision.weight = total;
    }
  }
  const size_t chosen = best[best.size() > 1 ? random.below(best.size()) : 0];
  decision.host = pools[chosen]->pool.name;
  decision.ties = static_cast<int64_t>(best.size());
  decision.weights = weights_of(columns, chosen);
  return decision;
}

}  // namespace cinder::scheduler
