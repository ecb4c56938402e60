// The weighers, a function each.
#include "cinder/scheduler/driver_functions.hpp"

namespace cinder::scheduler {
namespace {

double room(const store::PoolState& pool, const PlacementRequest& /*request*/) {
  return static_cast<double>(room_in(pool));
}

double promised(const store::PoolState& pool, const PlacementRequest& /*request*/) {
  return static_cast<double>(pool.claimed_gib);
}

constexpr Weigher kWeighers[] = {
    {"CapacityWeigher", "capacity_weight_multiplier", room},
    {"AllocatedCapacityWeigher", "allocated_capacity_weight_multiplier", promised},
    {"GoodnessWeigher", "", goodness_of},
};

}  // namespace

std::span<const Weigher> known_weighers() { return kWeighers; }

}  // namespace cinder::scheduler
