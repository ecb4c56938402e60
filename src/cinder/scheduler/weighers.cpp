// The weighers, a function each.
#include "cinder/scheduler/placement.hpp"

namespace cinder::scheduler {
namespace {

double room(const store::PoolState& pool) { return static_cast<double>(room_in(pool)); }

double promised(const store::PoolState& pool) { return static_cast<double>(pool.claimed_gib); }

constexpr Weigher kWeighers[] = {
    {"CapacityWeigher", "capacity_weight_multiplier", room},
    {"AllocatedCapacityWeigher", "allocated_capacity_weight_multiplier", promised},
};

}  // namespace

std::span<const Weigher> known_weighers() { return kWeighers; }

}  // namespace cinder::scheduler
