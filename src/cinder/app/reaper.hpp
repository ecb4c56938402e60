// Looks after what its owner has left: nothing stays in a transitional status for ever.
#pragma once

#include <memory>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/groups.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volumes.hpp"

namespace cinder::app {

// Runs in every cinder-scheduler; the one that holds the lease "reaper" works.
//
// What has passed its deadline is given to its owner again (the messages are idempotent), a few
// times, then its operation ends as failed: "error", "error_deleting", "error_extending". What is
// being made by a back end that is down goes to another one.
class Reaper {
 public:
  explicit Reaper(App& app);
  // Another one follows at once; if this one dies instead, within four of its rounds.
  ~Reaper();
  // One round; also called by tests.
  void run();

 private:
  [[nodiscard]] bool leads(platform::Session& session, base::TimePoint now) const;
  void look_after(const store::VolumeRow& seen);
  void look_after(const store::SnapshotRow& seen);
  void look_after(const store::GroupRow& seen);

  App& app_;
  const base::Duration interval_;
  const std::string holder_;
  std::unique_ptr<platform::Periodic> loop_;  // last: ends first
};

}  // namespace cinder::app
