#include "cinder/app/reaper.hpp"

#include <algorithm>

#include "cinder/app/image_uploads.hpp"
#include "cinder/app/lifecycle.hpp"
#include "cinder/store/messages.hpp"
#include "cinder/store/services.hpp"
#include "platform/database/lease.hpp"
#include "platform/log.hpp"

namespace cinder::app {
namespace {

using platform::Session;

constexpr base::Duration kMaxInterval = std::chrono::seconds{10};
constexpr std::string_view kReaperLease = "reaper";
constexpr int kRoundsPerLease = 4;
constexpr int64_t kBatch = 200;
// How often an owner is asked again before its operation counts as failed.
constexpr int64_t kMaxAttempts = 4;

template <class Row>
std::vector<Row> list_overdue(Session& session, base::TimePoint now) {
  return platform::select<Row>(
      session, "WHERE task_deadline>0 AND task_deadline<? ORDER BY task_deadline LIMIT ?",
      {now, kBatch});
}

// The row if nothing has happened to it since it was seen.
template <class Row>
std::optional<Row> find_unchanged(Session& session, const Row& seen) {
  auto row = platform::find<Row>(session, "WHERE id=?", {seen.id});
  if (!row || row->operation_id != seen.operation_id || row->pool != seen.pool ||
      row->task_deadline != seen.task_deadline)
    return std::nullopt;
  return row;
}

template <class Row>
void remind(Session& session, Row row, const platform::Message& message, base::TimePoint now) {
  const Row before = row;
  row.attempts += 1;
  row.task_deadline = now + kWorkDeadline;
  platform::update(session, row, before);
  platform::enqueue(session, row.task_owner, message, now);
}

bool is_down(Session& session, const std::string& pool, base::TimePoint alive_after) {
  const auto service = store::find_service(session, backend_of(pool), store::kVolumeBinary);
  return !service || service->last_seen_at < alive_after;
}

}  // namespace

Reaper::Reaper(App& app)
    : app_(app),
      interval_(std::min(app.settings.report_interval, kMaxInterval)),
      holder_(app.runtime.host + "/" + app.uuid()),
      loop_(std::make_unique<platform::Periodic>(app.runtime.executor, "reaper", interval_,
                                                 [this] { run(); })) {}

Reaper::~Reaper() {
  loop_.reset();
  try {
    app_.database.write("reaper.release", [this](Session& session) {
      platform::release_lease(session, std::string(kReaperLease), holder_);
    });
  } catch (...) {
    // It ends by itself.
  }
}

bool Reaper::leads(Session& session, base::TimePoint now) const {
  return platform::hold_lease(session, std::string(kReaperLease), holder_, now,
                              interval_ * kRoundsPerLease);
}

void Reaper::run() {
  const base::TimePoint now = app_.now();
  if (!app_.database.write("reaper.lease", [&](Session& session) { return leads(session, now); }))
    return;
  std::vector<store::VolumeRow> volumes;
  std::vector<store::SnapshotRow> snapshots;
  std::vector<store::GroupRow> groups;
  app_.database.read([&](Session& session) {
    volumes = list_overdue<store::VolumeRow>(session, now);
    snapshots = list_overdue<store::SnapshotRow>(session, now);
    groups = list_overdue<store::GroupRow>(session, now);
  });
  for (const auto& volume : volumes) look_after(volume);
  for (const auto& snapshot : snapshots) look_after(snapshot);
  for (const auto& group : groups) look_after(group);
  remove_abandoned_images(app_);
  app_.database.write("reaper.messages",
                      [&](Session& session) { store::delete_expired_messages(session, now); });
}

void Reaper::look_after(const store::VolumeRow& seen) {
  const base::TimePoint now = app_.now();
  const Origin origin{"req-" + app_.uuid(), nullptr};
  const auto schedule = app_.message(origin, ScheduleVolume{seen.id, seen.operation_id});
  const auto work = app_.message(origin, WorkOnVolume{seen.id, seen.operation_id});
  platform::log_warning("operation overdue volume={} status={} owner={} attempts={}", seen.id,
                        seen.status, seen.task_owner, seen.attempts);
  app_.database.write("reaper.volume", [&](Session& session) {
    if (!leads(session, now)) return;
    const auto volume = find_unchanged(session, seen);
    if (!volume) return;
    const bool waits_for_pool = volume->pool.empty();
    const bool tired = volume->attempts >= kMaxAttempts;
    const bool creating = volume->status == "creating" && !waits_for_pool;
    if (creating &&
        (tired || is_down(session, volume->pool, now - app_.settings.service_down_time)))
      return void(creation_failed(session, *volume, app_.settings.max_attempts, schedule, now));
    if (!tired) return remind(session, *volume, waits_for_pool ? schedule : work, now);
    end_operation(session, *volume, failed_status(*volume), now);
  });
}

void Reaper::look_after(const store::SnapshotRow& seen) {
  const base::TimePoint now = app_.now();
  const auto work = app_.message(Origin{"req-" + app_.uuid(), nullptr},
                                 WorkOnSnapshot{seen.id, seen.operation_id});
  platform::log_warning("operation overdue snapshot={} status={} owner={} attempts={}", seen.id,
                        seen.status, seen.task_owner, seen.attempts);
  app_.database.write("reaper.snapshot", [&](Session& session) {
    if (!leads(session, now)) return;
    const auto snapshot = find_unchanged(session, seen);
    if (!snapshot) return;
    if (snapshot->attempts < kMaxAttempts) return remind(session, *snapshot, work, now);
    const Transition* transition = find_snapshot_transition(snapshot->status);
    end_operation(session, *snapshot, transition ? transition->failed : "error", now);
  });
}

void Reaper::look_after(const store::GroupRow& seen) {
  const base::TimePoint now = app_.now();
  const auto schedule = app_.message(Origin{"req-" + app_.uuid(), nullptr},
                                     ScheduleGroup{seen.id, seen.operation_id});
  platform::log_warning("operation overdue group={} status={} owner={} attempts={}", seen.id,
                        seen.status, seen.task_owner, seen.attempts);
  app_.database.write("reaper.group", [&](Session& session) {
    if (!leads(session, now)) return;
    const auto group = find_unchanged(session, seen);
    if (!group) return;
    if (group->attempts < kMaxAttempts) return remind(session, *group, schedule, now);
    end_operation(session, *group, "error", now);
  });
}

}  // namespace cinder::app
