// What Cinder's roles say to each other. Casts carry an operation id: a handler acts only while the
// volume, snapshot or group still is in that operation, so a message that comes twice or late does
// nothing. Calls may come twice: what is so already stays so.
//
//   cinder-api --cast ScheduleVolume--> "cinder-scheduler" --cast WorkOnVolume-->
//   "cinder-volume.<host>@<backend>", which makes it and writes down that it did
//
// As in OpenStack, cinder-volume belongs to the control plane: it reaches the database itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/described.hpp"
#include "platform/bus/dispatcher.hpp"

namespace cinder {

inline constexpr std::string_view kSchedulerTopic = "cinder-scheduler";
// Operations on what a back end keeps; `backend`: "host@backend".
[[nodiscard]] inline std::string volume_topic(const std::string& backend) {
  return "cinder-volume." + backend;
}
// What somebody waits for, and must not queue behind operations.
[[nodiscard]] inline std::string connections_topic(const std::string& backend) {
  return volume_topic(backend) + ".connections";
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

// Choose a pool for the group, which all its volumes go to.
struct ScheduleGroup {
  static constexpr std::string_view kType = "ScheduleGroup";
  static constexpr int kVersion = 1;
  std::string group_id;
  std::string operation_id;
};
BOOST_DESCRIBE_STRUCT(ScheduleGroup, (), (group_id, operation_id))

// ---- to "cinder-volume.<host>@<backend>"

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

// To "cinder-volume.<host>@<backend>.connections", calls.

struct Connection {
  base::Json info;  // as the API shows it
};
BOOST_DESCRIBE_STRUCT(Connection, (), (info))

// The connector of this attachment ("attaching" or "attached") can reach the volume.
struct ConnectAttachment {
  using Reply = Connection;
  static constexpr std::string_view kType = "ConnectAttachment";
  static constexpr int kVersion = 1;
  std::string attachment_id;
};
BOOST_DESCRIBE_STRUCT(ConnectAttachment, (), (attachment_id))

// It can no more; the attachment ("detaching") is gone.
struct DisconnectAttachment {
  using Reply = platform::Nothing;
  static constexpr std::string_view kType = "DisconnectAttachment";
  static constexpr int kVersion = 1;
  std::string attachment_id;
};
BOOST_DESCRIBE_STRUCT(DisconnectAttachment, (), (attachment_id))

// What lies in the storage of a back end: what is Cinder's already, and what could become it.
struct ManageableItem {
  std::string name;  // in the storage
  int64_t size_gib = 0;
  std::string cinder_id;        // empty: it is not Cinder's
  std::string reason_not_safe;  // why it should not be managed; empty: it can be
  std::string source_name;      // of a snapshot, its volume's; empty: not known
};
BOOST_DESCRIBE_STRUCT(ManageableItem, (), (name, size_gib, cinder_id, reason_not_safe, source_name))
struct ManageableItems {
  std::vector<ManageableItem> items;
};
BOOST_DESCRIBE_STRUCT(ManageableItems, (), (items))

struct ManageableOrder {
  std::string key;  // "name", "size_gib"
  bool descending = false;
};
BOOST_DESCRIBE_STRUCT(ManageableOrder, (), (key, descending))

// A page of them.
struct ListManageable {
  using Reply = ManageableItems;
  static constexpr std::string_view kType = "ListManageable";
  static constexpr int kVersion = 1;
  bool snapshots = false;              // else volumes
  std::vector<ManageableOrder> order;  // the first counts most
  std::string marker;                  // name of the last item of the former page; empty: none
  int64_t offset = 0;
  int64_t limit = 0;
};
BOOST_DESCRIBE_STRUCT(ListManageable, (), (snapshots, order, marker, offset, limit))

}  // namespace cinder
