#include "nova/app/reaper.hpp"

#include <algorithm>

#include "nova/app/lifecycle.hpp"
#include "nova/app/local_disk_images.hpp"
#include "nova/app/server_volumes.hpp"
#include "nova/app/volume_images.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/hosts.hpp"
#include "nova/store/sagas.hpp"
#include "platform/database/lease.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using platform::Session;

constexpr base::Duration kMaxInterval = std::chrono::seconds{10};
constexpr std::string_view kReaperLease = "reaper";
constexpr int kRoundsPerLease = 4;
constexpr base::Duration kExtensionPatience = std::chrono::minutes{2};
constexpr base::Duration kSagaAge = std::chrono::hours{1};
constexpr int64_t kBatch = 200;
// How often an owner that is alive is asked again before its operation counts as failed.
constexpr int64_t kMaxAttempts = 4;

// Power changes by the task state that stands for them.
struct PowerTask {
  std::string_view task_state;
  std::string_view change;
};
constexpr PowerTask kPowerTasks[] = {
    {"powering-on", "start"},
    {"powering-off", "stop"},
    {"rebooting", "reboot_soft"},
    {"reboot_started", "reboot_soft"},
    {"rebooting_hard", "reboot_hard"},
    {"reboot_started_hard", "reboot_hard"},
    {"pausing", "pause"},
    {"unpausing", "unpause"},
};

std::string power_change(const std::string& task_state) {
  for (const PowerTask& task : kPowerTasks)
    if (task.task_state == task_state) return std::string(task.change);
  return {};
}

enum class HostState { up, down };

HostState state_of(Session& session, const std::string& host, base::TimePoint alive_after) {
  const auto service = store::find_service(session, host, "nova-compute");
  const bool up = service && !service->forced_down && service->last_seen_at >= alive_after;
  return up ? HostState::up : HostState::down;
}

// In whose name the operation was begun.
Origin origin_of_operation(Session& session, const store::InstanceRow& server) {
  const auto action =
      platform::find<store::ActionRow>(session, "WHERE operation_id=?", {server.operation_id});
  openstack::Context context;
  context.identity.project_id = server.project_id;
  context.identity.user_id = server.user_id;
  context.request_id = action ? action->request_id : "";
  return origin_of(context);
}

// What goes out if the owner has to be asked again.
struct Reminder {
  std::string topic;
  platform::Message message;
};

Reminder reminder_for(const App& app, const Origin& origin, const store::InstanceRow& server) {
  const std::string& id = server.id;
  const std::string& operation = server.operation_id;
  if (server.task_state == "deleting")
    return {compute_topic(server.host), app.message(origin, TerminateServer{id, operation})};
  if (server.host.empty())
    return {std::string(kSchedulerTopic), app.message(origin, ScheduleServer{id, operation})};
  if (server.task_state == "rebuilding")
    return {compute_topic(server.host), app.message(origin, RebuildServer{id, operation})};
  if (makes_image(server.task_state))
    return {compute_topic(server.host), app.message(origin, MakeServerImage{id, operation})};
  const std::string change = power_change(server.task_state);
  if (!change.empty())
    return {compute_topic(server.host), app.message(origin, ChangePower{id, operation, change})};
  return {compute_topic(server.host), app.message(origin, BuildServer{id, operation})};
}

base::Duration patience(const store::InstanceRow& server) {
  if (server.task_state == "deleting") return kDeleteDeadline;
  if (server.host.empty()) return kScheduleDeadline;
  if (makes_image(server.task_state)) return kImageDeadline;
  const bool builds = server.vm_state == "building" || server.task_state == "rebuilding";
  return builds ? kBuildDeadline : kPowerDeadline;
}

void remind(Session& session, const store::InstanceRow& server, const Reminder& reminder,
            base::TimePoint now) {
  session.execute("UPDATE instances SET attempts=attempts+1, task_deadline=? WHERE id=?",
                  {now + patience(server), server.id});
  platform::enqueue(session, reminder.topic, reminder.message, now);
}

}  // namespace

Reaper::Reaper(App& app)
    : app_(app),
      interval_(std::min(app.settings.report_interval, kMaxInterval)),
      holder_(app.runtime.host + "/" + app.uuid()),
      stray_volumes_(app),
      stray_ports_(app),
      images_loop_(while_leading("abandoned images", interval_,
                                 [this] {
                                   remove_abandoned_images(app_);
                                   remove_abandoned_volume_images(app_);
                                 })),
      volumes_loop_(while_leading("stray volumes", StrayVolumes::kInterval,
                                  [this] { stray_volumes_.look(); })),
      ports_loop_(
          while_leading("stray ports", StrayPorts::kInterval, [this] { stray_ports_.look(); })),
      loop_(std::make_unique<platform::Periodic>(app.runtime.executor, "reaper", interval_,
                                                 [this] { run(); })) {}

Reaper::~Reaper() {
  loop_.reset();
  if (!led_) return;
  try {
    app_.database.write("reaper.release", [this](Session& session) {
      platform::release_lease(session, std::string(kReaperLease), holder_);
    });
  } catch (...) {
    // It ends by itself.
  }
}

std::unique_ptr<platform::Periodic> Reaper::while_leading(const std::string& name,
                                                          base::Duration interval,
                                                          std::function<void()> work) {
  return std::make_unique<platform::Periodic>(app_.runtime.executor, name, interval,
                                              [this, work = std::move(work)] {
                                                if (led_) work();
                                              });
}

bool Reaper::leads(Session& session, base::TimePoint now) const {
  return platform::hold_lease(session, std::string(kReaperLease), holder_, now,
                              interval_ * kRoundsPerLease);
}

void Reaper::run() {
  const base::TimePoint now = app_.now();
  const bool leader =
      app_.database.write("reaper.lease", [&](Session& session) { return leads(session, now); });
  if (leader && !led_) platform::log_info("leads work=reaper holder={}", holder_);
  led_ = leader;
  if (!leader) return;
  for (const store::InstanceRow& server : list_left(now)) look_after(server);
  look_after_overdue_volumes(app_);
  end_untold_extensions(now);
  app_.database.write("reaper.sagas", [&](Session& session) {
    return store::delete_stale_sagas(session, now - kSagaAge);
  });
}

// Its host is gone, or has lost the server before it could tell the guest.
void Reaper::end_untold_extensions(base::TimePoint now) {
  const auto untold = [&](Session& session) {
    return store::list_operations_without_end(session, store::kExtendVolumeEvent,
                                              now - kExtensionPatience);
  };
  if (app_.database.read(untold).empty()) return;
  app_.database.write("reaper.extensions", [&](Session& session) {
    for (const std::string& operation : untold(session))
      store::finish_action(session, operation, "Error",
                           "The guest was not told of the new size in time. It has it once the "
                           "server is stopped and started.",
                           now);
  });
}

std::vector<store::InstanceRow> Reaper::list_left(base::TimePoint now) {
  const base::TimePoint alive_after = now - app_.settings.service_down_time;
  return app_.database.read([&](Session& session) {
    auto rows = platform::select<store::InstanceRow>(
        session, "WHERE task_deadline>0 AND task_deadline<? ORDER BY task_deadline LIMIT ?",
        {now, kBatch});
    const auto of_down_hosts = platform::select<store::InstanceRow>(
        session,
        "WHERE task_deadline>=? AND host IN (SELECT host FROM services WHERE "
        "binary_name='nova-compute' AND (last_seen_at<? OR forced_down=1)) LIMIT ?",
        {now, alive_after, kBatch});
    rows.insert(rows.end(), of_down_hosts.begin(), of_down_hosts.end());
    return rows;
  });
}

void Reaper::look_after(const store::InstanceRow& seen) {
  const base::TimePoint now = app_.now();
  const base::TimePoint alive_after = now - app_.settings.service_down_time;
  const Origin origin =
      app_.database.read([&](Session& session) { return origin_of_operation(session, seen); });
  const Reminder reminder = reminder_for(app_, origin, seen);
  const auto again = app_.message(origin, ScheduleServer{seen.id, seen.operation_id});
  const End end = seen.task_state == "deleting" ? End::deleted : End::given_up;
  const auto release = app_.message(origin, app_.database.read([&](Session& session) {
    return release_of(session, seen.id, end);
  }));
  platform::log_warning("operation overdue server={} task={} owner={} attempts={}", seen.id,
                        seen.task_state, seen.task_owner, seen.attempts);

  app_.database.write("reaper.server", [&](Session& session) {
    // Only the leader, and only if nothing has happened since it was seen.
    if (!leads(session, now)) return;
    const auto server = store::find_instance_in_operation(session, seen.id, seen.operation_id);
    if (!server || server->host != seen.host || server->task_state != seen.task_state ||
        server->task_deadline != seen.task_deadline)
      return;
    const bool on_host = !server->host.empty();
    const bool down = on_host && state_of(session, server->host, alive_after) == HostState::down;
    const bool deleting = server->task_state == "deleting";
    const bool tired = server->attempts >= kMaxAttempts;
    if (deleting && (down || !on_host))
      return void(delete_without_host(session, *server, &release, now));
    if (deleting || (!down && !tired)) return remind(session, *server, reminder, now);
    if (!on_host) return fail_build(session, *server, "No scheduler answered in time.", now);
    const std::string reason = down ? "Compute host " + server->host + " is down."
                                    : "Compute host " + server->host + " did not answer in time.";
    if (server->vm_state == "building") {
      const bool rescheduled = build_failed(session, *server, reason, Retry::other_host,
                                            app_.settings.max_attempts, again, now);
      // Nobody else gives back the ports that it got on that host.
      if (!rescheduled) platform::enqueue(session, std::string(kConductorTopic), release, now);
      return;
    }
    if (server->task_state == "rebuilding") return fail_operation(session, *server, reason, now);
    abandon_operation(session, *server, reason, now);
  });
}

}  // namespace nova::app
