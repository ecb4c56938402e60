// cinder-scheduler: takes ScheduleVolume, chooses a pool, claims its room, and casts WorkOnVolume
// to the pool's back end. Takes ScheduleGroup, and chooses the pool of a group of volumes.
#pragma once

#include <memory>

#include "cinder/app/app.hpp"
#include "cinder/scheduler/placement.hpp"
#include "cinder/store/volumes.hpp"

namespace cinder::scheduler {

// Subscribed to "cinder-scheduler" from construction to destruction.
class Scheduler {
 public:
  explicit Scheduler(app::App& app);

  // Idempotent: does nothing unless the volume still waits for a pool in this operation.
  void schedule(const app::Origin& origin, const ScheduleVolume& wanted);
  // The same for a group; it is "available" then, or "error" without a pool.
  void schedule_group(const ScheduleGroup& wanted);

 private:
  enum class Outcome { placed, lost, not_wanted };
  struct Wanted {
    store::VolumeRow volume;
    PlacementRequest request;
    std::vector<store::PoolState> pools;
  };

  [[nodiscard]] std::optional<Wanted> load(const ScheduleVolume& wanted);
  [[nodiscard]] Outcome commit(const app::Origin& origin, const store::VolumeRow& volume,
                               const openstack::Decision& decision);
  void give_up(const app::Origin& origin, const store::VolumeRow& volume,
               const openstack::Decision& decision);
  // Of a volume or group in that operation.
  [[nodiscard]] store::DecisionRow row_of(const std::string& id, const std::string& operation_id,
                                          const openstack::Decision& decision) const;

  app::App& app_;
  Rules rules_;
  std::unique_ptr<platform::Subscription> subscription_;  // last: ends first
};

}  // namespace cinder::scheduler
