// Which pool a volume goes to: a pure function over the pools as they are known.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cinder/store/pools.hpp"
#include "openstack/decision.hpp"
#include "platform/random.hpp"

namespace cinder::scheduler {

// What a volume needs and asks for.
struct PlacementRequest {
  int64_t size_gib = 0;
  std::string zone;                                // empty: any
  std::map<std::string, std::string> extra_specs;  // of its type
  std::string backend;                  // "host@backend": of what it is made from; empty: any
  std::string pool;                     // its group's; empty: any
  std::vector<std::string> tried;       // pools that failed to make it, or were lost to others
  bool wants_same_backend = false;      // a same_host hint was given, even if nobody is anywhere
  std::vector<std::string> same_as;     // back ends of volumes that it wants to be with
  std::vector<std::string> apart_from;  // back ends of volumes that it must not be with
  std::map<std::string, std::string> volume_properties;  // what expressions may ask of it
  std::map<std::string, std::string> qos_specs;          // of its type
  base::TimePoint alive_after{};  // a back end that was not seen since is down
};

// GiB that may still be promised of it: its size, times the over-subscription if it is thin, less
// what is reserved and claimed; and never more than what is free in the same terms.
[[nodiscard]] int64_t room_in(const store::PoolState& pool);

struct Filter {
  std::string_view name;
  bool (*passes)(const store::PoolState& pool, const PlacementRequest& request);
};
// Every filter that is built, in their order.
[[nodiscard]] std::span<const Filter> known_filters();
// Throws Error(bad_request) for an unknown name, with the known ones.
[[nodiscard]] std::vector<Filter> choose_filters(const std::vector<std::string>& names);

// The highest value is the best, or the lowest with a negative multiplier.
struct Weigher {
  std::string_view name;
  std::string_view option;  // its multiplier's; empty: that is 1
  double (*weigh)(const store::PoolState& pool, const PlacementRequest& request);
};
[[nodiscard]] std::span<const Weigher> known_weighers();

struct WeightedBy {
  Weigher weigher;
  double multiplier = 1;
};
struct Rules {
  std::vector<Filter> filters;
  std::vector<WeightedBy> weighers;
};
// `weights`: option -> multiplier. Throws as choose_filters, for weighers too.
[[nodiscard]] Rules make_rules(const std::vector<std::string>& filters,
                               const std::vector<std::string>& weighers,
                               const std::map<std::string, double>& weights);

// Chooses a pool whose back end lives and is enabled; among equals a random one.
[[nodiscard]] openstack::Decision place(const std::vector<store::PoolState>& pools,
                                        const PlacementRequest& request, const Rules& rules,
                                        platform::Random& random);

// The same for what is to be in one pool: it passes for each of the requests, of which there is one
// at least, and is weighed by the first.
[[nodiscard]] openstack::Decision place_together(const std::vector<store::PoolState>& pools,
                                                 std::span<const PlacementRequest> requests,
                                                 const Rules& rules, platform::Random& random);

}  // namespace cinder::scheduler
