// What an operator wrote of a back end in cinder.conf, as its capabilities "filter_function" and
// "goodness_function" say.
#pragma once

#include "cinder/scheduler/placement.hpp"
#include "cinder/store/volume_types.hpp"
#include "cinder/store/volumes.hpp"
#include "platform/database/database.hpp"

namespace cinder::scheduler {

inline constexpr std::string_view kFilterFunction = "filter_function";
inline constexpr std::string_view kGoodnessFunction = "goodness_function";

// Fills in what expressions may ask of the volume: volume.*, extra.* and qos.*. `type`: the one
// that it has or is to have; null: none.
void describe_volume(platform::Session& session, const store::VolumeRow& volume,
                     const store::VolumeTypeRow* type, PlacementRequest& request);

// True without a function. One that has no value lets nothing pass, and is a warning in the log.
[[nodiscard]] bool passes_filter_function(const store::PoolState& pool,
                                          const PlacementRequest& request);
// 0 to 100; true is 100. 0 without a function, and for one whose value is another or that has none,
// which is a warning in the log.
[[nodiscard]] double goodness_of(const store::PoolState& pool, const PlacementRequest& request);

}  // namespace cinder::scheduler
