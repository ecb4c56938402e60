// What Cinder's roles say to each other. All are casts, and carry an operation id: a handler acts
// only while the volume or snapshot still is in that operation, so a message that comes twice or
// late does nothing.
//
//   cinder-api --cast ScheduleVolume--> "cinder-scheduler" --cast WorkOnVolume-->
//   "cinder-volume.<host>@<backend>", which makes it and writes down that it did
//
// As in OpenStack, cinder-volume belongs to the control plane: it reaches the database itself.
#pragma once

#include <string>
#include <string_view>

#include "base/described.hpp"

namespace cinder {

inline constexpr std::string_view kSchedulerTopic = "cinder-scheduler";
// Operations on what a back end keeps; `backend`: "host@backend".
[[nodiscard]] inline std::string volume_topic(const std::string& backend) {
  return "cinder-volume." + backend;
}
// "host@backend#pool" -> "host@backend".
[[nodiscard]] inline std::string backend_of(const std::string& pool) {
  return pool.substr(0, pool.find('#'));
}

// Choose a pool for the volume, claim its room there, and cast WorkOnVolume to the pool's back end.
struct ScheduleVolume {
  static constexpr std::string_view kType = "ScheduleVolume";
  static constexpr int kVersion = 1;
  std::string volume_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(ScheduleVolume, (), (volume_id, operation_id))

// ---- to "cinder-volume.<host>@<backend>"
// ------------------------------------------------------------------------------

// Go on with what the volume is in: its status says whether it is made, extended or deleted.
struct WorkOnVolume {
  static constexpr std::string_view kType = "WorkOnVolume";
  static constexpr int kVersion = 1;
  std::string volume_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(WorkOnVolume, (), (volume_id, operation_id))

// The same for a snapshot.
struct WorkOnSnapshot {
  static constexpr std::string_view kType = "WorkOnSnapshot";
  static constexpr int kVersion = 1;
  std::string snapshot_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(WorkOnSnapshot, (), (snapshot_id, operation_id))

}  // namespace cinder
