#include "cinder/app/lifecycle.hpp"

#include <algorithm>
#include <array>

#include "cinder/store/reimages.hpp"
#include "cinder/store/volume_migrations.hpp"

namespace cinder::app {
namespace {

using platform::Session;
using store::GroupRow;
using store::GroupSnapshotRow;
using store::SnapshotRow;
using store::VolumeRow;

constexpr std::array kOfVolumes{
    Transition{"creating", "error"},
    Transition{"deleting", "error_deleting"},
    Transition{"extending", "error_extending"},
    Transition{"uploading", ""},
    Transition{"retyping", ""},
    Transition{"maintenance", ""},
    Transition{"managing", "error_managing"},
    Transition{"unmanaging", "error_unmanaging"},
    Transition{"reverting", "error"},
    Transition{"downloading", "error"},
};
constexpr std::array kOfSnapshots{
    Transition{"creating", "error"},
    Transition{"deleting", "error_deleting"},
    Transition{"managing", "error_managing"},
    Transition{"unmanaging", "error"},
};

const Transition* find_transition(std::span<const Transition> all, std::string_view status) {
  const auto found = std::find_if(all.begin(), all.end(), [status](const Transition& transition) {
    return transition.status == status;
  });
  return found == all.end() ? nullptr : &*found;
}

// What an operation on the volume has beside it ends with it.
void end_beside(Session& session, const VolumeRow& volume, base::TimePoint now) {
  if (volume.status == "downloading") store::delete_reimage(session, volume.id);
  if (volume.status != "reverting") return;
  const auto snapshot = store::find_restored_snapshot(session, volume.id, volume.operation_id);
  if (snapshot) end_operation(session, *snapshot, "available", now);
}

using CountByStatus = std::map<std::string, int64_t>;

// How an operation that is its members' ends by what these are now; nothing: it goes on.
std::optional<std::string_view> outcome_of(std::string_view status, const CountByStatus& members) {
  if (members.contains(std::string(status))) return std::nullopt;
  if (status == "deleting") return members.empty() ? "deleted" : "error";
  return members.contains("error") ? "error" : "available";
}

void follow_volumes(Session& session, const std::string& group_id, base::TimePoint now) {
  if (group_id.empty()) return;
  store::touch_group(session, group_id);
  const auto group = store::find_group(session, group_id);
  if (!group || group->operation_id.empty()) return;
  const auto outcome = outcome_of(group->status, store::count_volumes_by_status(session, group_id));
  if (outcome == "deleted") return store::delete_group(session, group_id);
  if (outcome) end_operation(session, *group, *outcome, now);
}

void follow_snapshots(Session& session, const std::string& id, base::TimePoint now) {
  if (id.empty()) return;
  store::touch_group_snapshot(session, id);
  const auto snapshot = store::find_group_snapshot(session, id);
  if (!snapshot || snapshot->operation_id.empty()) return;
  const auto outcome = outcome_of(snapshot->status, store::count_snapshots_by_status(session, id));
  if (outcome == "deleted") return store::delete_group_snapshot(session, id);
  if (outcome) end_operation(session, *snapshot, *outcome, now);
}

template <class Row>
void begin(Row& row, const Operation& operation) {
  row.status = operation.status;
  row.operation_id = operation.id;
  row.task_owner = operation.owner;
  row.task_deadline = operation.now + kWorkDeadline;
  row.attempts = 1;
  row.updated_at = operation.now;
}

template <class Row>
void end(Row& row, std::string_view status, base::TimePoint now) {
  row.status = status;
  row.operation_id.clear();
  row.task_owner.clear();
  row.task_deadline = {};
  row.attempts = 0;
  row.updated_at = now;
}

}  // namespace

const Transition* find_volume_transition(std::string_view status) {
  return find_transition(kOfVolumes, status);
}

const Transition* find_snapshot_transition(std::string_view status) {
  return find_transition(kOfSnapshots, status);
}

std::string failed_status(const VolumeRow& volume) {
  const Transition* transition = find_volume_transition(volume.status);
  if (!transition) return "error";
  return transition->failed.empty() ? volume.previous_status : std::string(transition->failed);
}

void begin_operation(Session& session, VolumeRow& volume, const Operation& operation) {
  const VolumeRow before = volume;
  if (volume.migration_status == "migrating" && operation.status == "deleting")
    store::delete_migration(session, volume.id);
  volume.previous_status = volume.status;
  begin(volume, operation);
  platform::update(session, volume, before);
}

void begin_operation(Session& session, SnapshotRow& snapshot, const Operation& operation) {
  const SnapshotRow before = snapshot;
  begin(snapshot, operation);
  platform::update(session, snapshot, before);
}

void end_operation(Session& session, VolumeRow volume, std::string_view status,
                   base::TimePoint now) {
  const VolumeRow before = volume;
  const bool made_nothing = volume.status == "creating" && status == "error";
  end_beside(session, volume, now);
  end(volume, status, now);
  volume.claimed_gib = volume.size_gib;
  if (made_nothing) volume.pool.clear();
  if (volume.migration_status == "migrating") volume.migration_status = "error";
  if (!volume.migration_status.empty()) store::delete_migration(session, volume.id);
  platform::update(session, volume, before);
  follow_volumes(session, volume.group_id, now);
}

void end_operation(Session& session, SnapshotRow snapshot, std::string_view status,
                   base::TimePoint now) {
  const SnapshotRow before = snapshot;
  end(snapshot, status, now);
  platform::update(session, snapshot, before);
  follow_snapshots(session, snapshot.group_snapshot_id, now);
}

void end_operation(Session& session, GroupRow group, std::string_view status, base::TimePoint now) {
  const GroupRow before = group;
  end(group, status, now);
  platform::update(session, group, before);
}

void end_operation(Session& session, GroupSnapshotRow snapshot, std::string_view status,
                   base::TimePoint now) {
  const GroupSnapshotRow before = snapshot;
  snapshot.status = status;
  snapshot.operation_id.clear();
  snapshot.updated_at = now;
  platform::update(session, snapshot, before);
}

void forget_volume(Session& session, const VolumeRow& volume, base::TimePoint now) {
  store::delete_volume(session, volume.id);
  follow_volumes(session, volume.group_id, now);
}

void forget_snapshot(Session& session, const SnapshotRow& snapshot, base::TimePoint now) {
  store::delete_snapshot(session, snapshot.id);
  follow_snapshots(session, snapshot.group_snapshot_id, now);
}

bool creation_failed(Session& session, VolumeRow volume, int64_t max_attempts,
                     const platform::Message& again, base::TimePoint now) {
  const VolumeRow before = volume;
  auto tried = base::from_json<std::vector<std::string>>(base::parse_json(volume.tried_pools));
  tried.push_back(volume.pool);
  if (static_cast<int64_t>(tried.size()) >= max_attempts) {
    end_operation(session, std::move(volume), "error", now);
    return false;
  }
  volume.tried_pools = base::to_text(base::to_json(tried));
  volume.pool.clear();
  volume.task_owner = kSchedulerTopic;
  volume.task_deadline = now + kScheduleDeadline;
  volume.attempts = 1;
  volume.updated_at = now;
  platform::update(session, volume, before);
  platform::enqueue(session, std::string(kSchedulerTopic), again, now);
  return true;
}

}  // namespace cinder::app
