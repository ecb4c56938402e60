#include "nova/app/server_volumes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "nova/app/lifecycle.hpp"
#include "nova/app/local_disks.hpp"
#include "nova/app/servers.hpp"
#include "nova/store/actions.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::Caller;
using openstack::clients::Volume;
using platform::Session;
using store::ServerVolumeRow;

constexpr openstack::Microversion kMultiattach{2, 60};
constexpr int64_t kMaxVolumeAttempts = 4;
constexpr int64_t kVolumeBatch = 100;

void check_state(const store::InstanceRow& server, const openstack::Context& context,
                 std::string_view attempt) {
  refuse_locked(server, context);
  require_settled_disks(server, attempt);
  if (server.host.empty())
    throw Error(ErrorKind::conflict, "Instance " + server.id + " is not ready");
}

// Only what runs can go on while its disk is exchanged.
void require_running(const store::InstanceRow& server, std::string_view attempt) {
  if (server.vm_state != "active" && server.vm_state != "paused")
    refuse_state(server.id, attempt, "vm_state", server.vm_state);
}

std::string device_for(const store::InstanceRow& server,
                       const std::vector<ServerVolumeRow>& volumes, const std::string& wanted) {
  const auto local_disks =
      base::from_json<std::vector<LocalDisk>>(base::parse_json(server.local_disks));
  const auto taken = device_names_of(local_disks, volumes);
  const bool is_taken = std::find(taken.begin(), taken.end(), wanted) != taken.end();
  if (!wanted.starts_with("/dev/") || wanted == "/dev/vda" || is_taken)
    return free_device_name(taken);
  return wanted;
}

// What was reserved and is not used after all; the server may have the volume by another one. Its
// failure must not hide the first one.
void give_back(App& app, const std::string& attachment_id, const std::string& request_id) {
  try {
    app.cinder.delete_attachment(attachment_id, request_id);
  } catch (const Error& error) {
    platform::log_warning("attachment not given back attachment={} error={}", attachment_id,
                          error.what());
  }
}

void refuse_attached(Session& session, const std::string& server_id, const std::string& volume_id) {
  if (store::has_server_volume(session, server_id, volume_id))
    throw Error(ErrorKind::bad_request,
                "Invalid volume: volume " + volume_id + " already attached");
}

WorkOnVolume work_on(const ServerVolumeRow& volume) {
  return {volume.server_id, volume.volume_id, volume.operation_id};
}

// What the conductor does for a volume whose host does not answer.
struct Consequences {
  platform::Message release;
  platform::Message keep;
};

// One that was to come is cut off, whatever the host has done; one that was to go stays.
void give_up(Session& session, const ServerVolumeRow& volume, const Consequences& consequences,
             base::TimePoint now) {
  const bool comes = volume.state == "attaching";
  if (comes)
    store::delete_server_volume(session, volume.id);
  else
    store::settle_server_volume(session, volume.id);
  platform::enqueue(session, std::string(kConductorTopic),
                    comes ? consequences.release : consequences.keep, now);
  store::follow_server_volumes(session, volume.server_id);
  store::finish_action(session, volume.operation_id, "Error",
                       comes ? "The volume was not attached in time and is given back. Attach it "
                               "once more."
                             : "The volume was not detached in time and stays attached. Detach it "
                               "once more.",
                       now);
}

void look_after(App& app, const ServerVolumeRow& seen) {
  const base::TimePoint now = app.now();
  const Origin origin{"req-" + app.uuid(), nullptr};
  const auto message = app.message(origin, work_on(seen));
  const Consequences consequences{
      app.message(origin, ReleaseVolumes{seen.server_id, {seen.volume_id}}),
      app.message(origin, KeepVolumes{{seen.volume_id}})};
  platform::log_warning("volume overdue server={} volume={} state={} attempts={}", seen.server_id,
                        seen.volume_id, seen.state, seen.attempts);
  app.database.write("volume.overdue", [&](Session& session) {
    const auto volume = store::find_server_volume_in_operation(session, seen.id, seen.operation_id);
    if (!volume || volume->task_deadline != seen.task_deadline) return;
    const auto server = store::find_instance(session, volume->server_id);
    // It goes with its server.
    if (!server) return store::delete_server_volume(session, volume->id);
    // Only the host knows which of two volumes that are swapped its guest writes.
    if (volume->attempts >= kMaxVolumeAttempts && volume->state != "swapping")
      return give_up(session, *volume, consequences, now);
    session.execute("UPDATE server_volumes SET attempts=attempts+1, task_deadline=? WHERE id=?",
                    {now + kVolumeDeadline, volume->id});
    platform::enqueue(session, compute_topic(server->host), message, now);
  });
}

// How a volume leaves its server: for good, or because another one takes its place.
struct Leaving {
  std::string_view state;
  std::string_view action;
  std::string_view event;
  std::string new_volume_id;
};

ServerVolumeRow get_settled_volume(Session& session, const store::InstanceRow& server,
                                   const openstack::Context& context, const std::string& volume_id,
                                   const Leaving& leaving) {
  auto volume = store::find_server_volume(session, server.id, volume_id);
  if (!volume)
    throw Error(ErrorKind::not_found,
                "Instance " + server.id + " is not attached to volume " + volume_id);
  check_state(server, context, leaving.action);
  if (!volume->state.empty())
    throw Error(ErrorKind::conflict,
                "Invalid volume: volume " + volume_id + " is " + volume->state + ".");
  return *std::move(volume);
}

// If this process ends before the host is told, the reaper tells it.
ServerVolumeRow begin_leaving(App& app, const openstack::Context& context,
                              const std::string& server_id, const std::string& volume_id,
                              const Leaving& leaving) {
  const base::TimePoint now = app.now();
  const std::string operation = app.uuid();
  return app.database.write("volume.leave", [&](Session& session) {
    const auto server = get_server(session, context, server_id);
    auto volume = get_settled_volume(session, server, context, volume_id, leaving);
    const bool swapped = !leaving.new_volume_id.empty();
    if (volume.boot_index == 0 && !swapped)
      throw Error(ErrorKind::forbidden, "Cannot detach a root device volume");
    if (swapped) require_running(server, leaving.action);
    if (swapped) refuse_attached(session, server_id, leaving.new_volume_id);
    volume.state = leaving.state;
    volume.new_volume_id = leaving.new_volume_id;
    volume.operation_id = operation;
    volume.task_deadline = now + kHandOverDeadline;
    volume.attempts = 1;
    platform::update(session, volume);
    store::follow_server_volumes(session, server_id);
    store::start_action(
        session, {operation, server_id, std::string(leaving.action), std::string(leaving.event)},
        context, now);
    return volume;
  });
}

// What Cinder was asked may have been done all the same, if it did not say no.
void stay(App& app, const openstack::Context& context, const ServerVolumeRow& leaving,
          const Error& error) {
  const base::TimePoint now = app.now();
  const auto keep = app.message(origin_of(context), KeepVolumes{{leaving.volume_id}});
  app.database.write("volume.stay", [&](Session& session) {
    if (!store::find_server_volume_in_operation(session, leaving.id, leaving.operation_id)) return;
    store::settle_server_volume(session, leaving.id);
    store::follow_server_volumes(session, leaving.server_id);
    store::finish_action(session, leaving.operation_id, "Error", error.message(), now);
    if (!openstack::clients::is_refusal(error))
      platform::enqueue(session, std::string(kConductorTopic), keep, now);
  });
}

void hand_over(App& app, const openstack::Context& context, const ServerVolumeRow& volume) {
  const base::TimePoint now = app.now();
  const auto message = app.message(origin_of(context), work_on(volume));
  app.database.write("volume.hand_over", [&](Session& session) {
    const auto server = store::find_instance(session, volume.server_id);
    auto row = store::find_server_volume_in_operation(session, volume.id, volume.operation_id);
    if (!server || !row) return;
    row->task_deadline = now + kVolumeDeadline;
    platform::update(session, *row);
    platform::enqueue(session, compute_topic(server->host), message, now);
  });
}

// What is wrong with the new one is wrong with the request.
Volume get_successor(App& app, const Caller& caller, const std::string& id) {
  try {
    return app.cinder.get_volume(caller, id);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) throw Error(ErrorKind::bad_request, error.message());
    throw;
  }
}

void check_successor(const Volume& old, const Volume& successor) {
  const auto refuse = [](const char* why) {
    throw Error(ErrorKind::bad_request, std::string("Invalid volume: ") + why);
  };
  if (old.multiattach && !old.read_only && old.servers.size() > 1)
    refuse(
        "Swapping multi-attach volumes with more than one read/write attachment is not supported.");
  if (successor.status == "in-use") refuse("New volume must be detached in order to swap.");
  if (successor.size_gib < old.size_gib) refuse("New volume must be the same size or larger.");
}

}  // namespace

void refuse_early_multiattach(const openstack::Context& context,
                              const openstack::clients::Volume& volume) {
  if (volume.multiattach && context.version < kMultiattach)
    throw Error(ErrorKind::bad_request,
                "Multiattach volumes are only supported starting with compute API version 2.60.");
}

ServerVolumeRow attach_volume(App& app, const openstack::Context& context,
                              const std::string& server_id, const NewServerVolume& wanted) {
  const auto seen = get_server(app, context, server_id);
  check_state(seen, context, "attach_volume");
  refuse_early_multiattach(
      context, app.cinder.get_volume({context.token, context.request_id}, wanted.volume_id));
  app.database.read(
      [&](Session& session) { refuse_attached(session, server_id, wanted.volume_id); });
  const std::string attachment =
      app.cinder.create_attachment(wanted.volume_id, server_id, context.request_id);

  const base::TimePoint now = app.now();
  ServerVolumeRow fresh;
  fresh.id = app.uuid();
  fresh.server_id = server_id;
  fresh.volume_id = wanted.volume_id;
  fresh.delete_on_termination = wanted.delete_on_termination;
  fresh.tag = wanted.tag;
  fresh.state = "attaching";
  fresh.operation_id = app.uuid();
  fresh.task_deadline = now + kVolumeDeadline;
  fresh.attempts = 1;
  fresh.created_at = now;
  const auto message = app.message(origin_of(context), work_on(fresh));
  try {
    return app.database.write("volume.attach", [&](Session& session) {
      const auto server = get_server(session, context, server_id);
      check_state(server, context, "attach_volume");
      const auto volumes = store::list_server_volumes(session, server_id);
      refuse_attached(session, server_id, wanted.volume_id);
      ServerVolumeRow volume = fresh;
      volume.device_name = device_for(server, volumes, wanted.device_name);
      platform::insert(session, volume);
      store::follow_server_volumes(session, server_id);
      store::start_action(
          session, {volume.operation_id, server_id, "attach_volume", "compute_attach_volume"},
          context, now);
      platform::enqueue(session, compute_topic(server.host), message, now);
      return volume;
    });
  } catch (const Error& error) {
    // Where the answer to a commit is lost the server may have the volume, and its host is at work;
    // StrayVolumes ends the attachment if it has not.
    if (!openstack::clients::is_away(error)) give_back(app, attachment, context.request_id);
    throw;
  }
}

void detach_volume(App& app, const openstack::Context& context, const std::string& server_id,
                   const std::string& volume_id) {
  const ServerVolumeRow leaving =
      begin_leaving(app, context, server_id, volume_id,
                    {"detaching", "detach_volume", "compute_detach_volume", ""});
  try {
    app.cinder.begin_detaching({context.token, context.request_id}, volume_id);
  } catch (const Error& error) {
    stay(app, context, leaving, error);
    throw;
  }
  hand_over(app, context, leaving);
}

void swap_volume(App& app, const openstack::Context& context, const std::string& server_id,
                 const std::string& volume_id, const std::string& new_volume_id) {
  const Caller caller{context.token, context.request_id};
  check_successor(app.cinder.get_volume(caller, volume_id),
                  get_successor(app, caller, new_volume_id));
  const ServerVolumeRow leaving =
      begin_leaving(app, context, server_id, volume_id,
                    {"swapping", "swap_volume", "compute_swap_volume", new_volume_id});
  std::string attachment;
  try {
    attachment = app.cinder.create_attachment(new_volume_id, server_id, context.request_id);
    app.cinder.begin_detaching(caller, volume_id);
  } catch (const Error& error) {
    if (!attachment.empty()) give_back(app, attachment, context.request_id);
    stay(app, context, leaving, error);
    throw;
  }
  hand_over(app, context, leaving);
}

void look_after_overdue_volumes(App& app) {
  const base::TimePoint now = app.now();
  for (const ServerVolumeRow& volume : app.database.read([&](Session& session) {
         return store::list_overdue_server_volumes(session, now, kVolumeBatch);
       }))
    look_after(app, volume);
}

}  // namespace nova::app
