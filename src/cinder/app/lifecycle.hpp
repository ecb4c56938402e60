// The transitions of volumes, snapshots, and groups of them that more than one role makes, each
// inside one transaction. Every status in which something is in progress has an owner and a
// deadline. What a group is in while its volumes are made or deleted ends with what these come to,
// in the transaction that ends the last of them; so does that of a group snapshot with its
// snapshots.
#pragma once

#include <string>
#include <string_view>

#include "cinder/app/app.hpp"
#include "cinder/store/group_snapshots.hpp"
#include "cinder/store/groups.hpp"
#include "cinder/store/snapshots.hpp"
#include "cinder/store/volumes.hpp"

namespace cinder::app {

// How long an owner has before the reaper looks after the volume. Who works on it prolongs this.
inline constexpr base::Duration kScheduleDeadline = std::chrono::seconds{60};
inline constexpr base::Duration kWorkDeadline = std::chrono::minutes{3};

// A status in which a back end is at work.
struct Transition {
  std::string_view status;  // "creating"
  std::string_view failed;  // that it ends in if it can not be done; empty: as it was before
};
// Null: nothing is in progress in that status.
[[nodiscard]] const Transition* find_volume_transition(std::string_view status);
[[nodiscard]] const Transition* find_snapshot_transition(std::string_view status);

// The status that what is in progress ends in if it can not be done.
[[nodiscard]] std::string failed_status(const store::VolumeRow& volume);

// What an operation begins with.
struct Operation {
  std::string id;
  std::string status;  // a transition's
  std::string owner;   // topic
  base::TimePoint now{};
};
// Begins an operation on the volume or snapshot as it was read in this transaction; the message
// that tells its owner is enqueued by the caller.
void begin_operation(platform::Session& session, store::VolumeRow& volume,
                     const Operation& operation);
void begin_operation(platform::Session& session, store::SnapshotRow& snapshot,
                     const Operation& operation);

// Ends it in that status. What was claimed beyond the volume's size is given back; a volume that
// could not be made keeps no pool.
void end_operation(platform::Session& session, store::VolumeRow volume, std::string_view status,
                   base::TimePoint now);
void end_operation(platform::Session& session, store::SnapshotRow snapshot, std::string_view status,
                   base::TimePoint now);

void end_operation(platform::Session& session, store::GroupRow group, std::string_view status,
                   base::TimePoint now);
void end_operation(platform::Session& session, store::GroupSnapshotRow snapshot,
                   std::string_view status, base::TimePoint now);

// It is deleted: nothing of it is anywhere.
void forget_volume(platform::Session& session, const store::VolumeRow& volume, base::TimePoint now);
void forget_snapshot(platform::Session& session, const store::SnapshotRow& snapshot,
                     base::TimePoint now);

// A pool could not make the volume, or its back end has vanished meanwhile: it is scheduled again,
// in a pool that was not tried, up to the limit, else ends in "error". True: `again` (a
// ScheduleVolume) was enqueued.
bool creation_failed(platform::Session& session, store::VolumeRow volume, int64_t max_attempts,
                     const platform::Message& again, base::TimePoint now);

}  // namespace cinder::app
