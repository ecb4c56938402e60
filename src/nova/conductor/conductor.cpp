#include "nova/conductor/conductor.hpp"

#include <algorithm>

#include "nova/app/lifecycle.hpp"
#include "nova/app/server_volumes.hpp"
#include "nova/leftovers.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/allocations.hpp"
#include "nova/store/sagas.hpp"
#include "nova/store/server_images.hpp"
#include "nova/store/server_volumes.hpp"
#include "openstack/clients/port_bindings.hpp"
#include "platform/log.hpp"

namespace nova::conductor {
namespace {

using platform::Session;

constexpr size_t kConcurrency = 8;

// The server if it is on that host and in that operation.
std::optional<store::InstanceRow> find_on_host(Session& session, const std::string& host,
                                               const std::string& id,
                                               const std::string& operation_id) {
  auto row = store::find_instance(session, id);
  if (!row || row->host != host || row->operation_id != operation_id) return std::nullopt;
  return row;
}

// With the image that is being made of it, if one is.
ServerDescription describe_with_image(Session& session, const store::WholeServer& whole) {
  ServerDescription server = store::describe(whole);
  if (app::makes_image(server.task_state))
    server.new_image = store::find_server_image(session, server.operation_id);
  return server;
}

// Which deadline the owner gets with a sign of life.
base::Duration deadline_of(const store::InstanceRow& row) {
  if (row.task_state == "deleting") return app::kDeleteDeadline;
  if (app::makes_image(row.task_state)) return app::kImageDeadline;
  if (row.vm_state == "building" || row.task_state == "rebuilding") return app::kBuildDeadline;
  return app::kPowerDeadline;
}

// A step done is a sign of life.
void prolong(Session& session, const store::InstanceRow& server, base::TimePoint now) {
  session.execute("UPDATE instances SET task_deadline=? WHERE id=?",
                  {now + deadline_of(server), server.id});
}

// Of somebody who did it and died; who took over could not do it again, and takes all of it away.
bool comes_too_late(Session& session, const ReportServer& report) {
  if (!report.finished || report.outcome != "Success" || report.operation_id.empty()) return false;
  const auto progress = store::load_saga(session, report.host, report.operation_id);
  return progress && (progress->phase == openstack::SagaPhase::undoing ||
                      progress->phase == openstack::SagaPhase::undone);
}

void apply(const ReportServer& report, store::InstanceRow& row, base::TimePoint now) {
  if (report.vm_state) row.vm_state = *report.vm_state;
  if (report.task_state) row.task_state = *report.task_state;
  if (report.power_state) row.power_state = *report.power_state;
  if (report.ports) row.ports = base::to_text(base::to_json(*report.ports));
  if (report.launched.value_or(false)) row.launched_at = now;
  if (!report.fault_message.empty()) {
    row.fault_code = 500;
    row.fault_message = report.fault_message;
    row.fault_at = now;
  }
  row.updated_at = now;
}

}  // namespace

Conductor::Conductor(app::App& app) : app_(app), host_reports_(app) {
  platform::Dispatcher dispatcher;
  using Message = platform::Message;
  dispatcher.on<GetServer>([this](const Message&, const GetServer& m) { return get_server(m); })
      .on<ListServersOfHost>(
          [this](const Message&, const ListServersOfHost& m) { return list_servers(m); })
      .on<ReportServer>([this](const Message&, const ReportServer& m) { return report_server(m); })
      .on<BuildFailed>([this](const Message& message, const BuildFailed& m) {
        return build_failed(app::origin_of(message), m);
      })
      .on<ServerTerminated>(
          [this](const Message&, const ServerTerminated& m) { return server_terminated(m); })
      .on<BeginOperation>(
          [this](const Message&, const BeginOperation& m) { return begin_operation(m); })
      .on<SaveSaga>([this](const Message&, const SaveSaga& m) { return save_saga(m); })
      .on<ReportHost>([this](const Message& message, ReportHost m) {
        // Under another's name it would be found where that one is looked for.
        if (message.sender.is_host()) m.hypervisor_hostname = m.host;
        host_reports_.take(m);
        return platform::Nothing{};
      })
      .on<ReportVolume>([this](const Message&, const ReportVolume& m) { return report_volume(m); })
      .on<ReportExtension>(
          [this](const Message&, const ReportExtension& m) { return report_extension(m); })
      .on<ReleaseServer>([this](const Message& message, const ReleaseServer& m) {
        release_ports(app::origin_of(message), m);
        release_volumes(m.server_id, m.volumes, message.request_id);
        for (const std::string& volume : m.doomed_volumes)
          app_.cinder.discard_volume(volume, message.request_id);
      })
      .on<ReleaseVolumes>([this](const Message& message, const ReleaseVolumes& m) {
        for (const std::string& volume : m.volumes)
          release_lost_volume(m.server_id, volume, message.request_id);
      })
      .on<KeepVolumes>([this](const Message& message, const KeepVolumes& m) {
        for (const std::string& volume : m.volumes)
          app_.cinder.roll_detaching(volume, message.request_id);
      });
  subscription_ = app_.bus.subscribe(std::string(kConductorTopic), std::move(dispatcher),
                                     {"nova-conductor", kConcurrency});
}

Conductor::~Conductor() = default;

MaybeServer Conductor::get_server(const GetServer& wanted) {
  return app_.database.read([&](Session& session) -> MaybeServer {
    const auto whole = store::find_whole(session, wanted.server_id);
    if (!whole || whole->server.host != wanted.host) return {};
    return {describe_with_image(session, *whole)};
  });
}

ServerList Conductor::list_servers(const ListServersOfHost& wanted) {
  return list_servers_of_host(app_.database, wanted.host);
}

Changed Conductor::report_server(const ReportServer& report) {
  const base::TimePoint now = app_.now();
  return app_.database.write("server.report", [&](Session& session) -> Changed {
    auto row = find_on_host(session, report.host, report.server_id, report.operation_id);
    if (!row || comes_too_late(session, report)) return {false};
    const store::InstanceRow before = *row;
    apply(report, *row, now);
    if (!row->operation_id.empty()) row->task_deadline = now + deadline_of(*row);
    const std::string operation = row->operation_id;
    if (report.finished) {
      row->task_state.clear();
      row->operation_id.clear();
      row->task_owner.clear();
      row->task_deadline = {};
      row->attempts = 0;
    }
    platform::update(session, *row, before);
    if (!report.finished || operation.empty()) return {true};
    store::finish_action(session, operation, report.outcome, report.fault_message, now);
    store::delete_saga(session, operation);
    if (app::makes_image(before.task_state)) store::settle_server_image(session, operation);
    return {true};
  });
}

Changed Conductor::build_failed(const app::Origin& origin, const BuildFailed& failed) {
  const auto again = app_.message(origin, ScheduleServer{failed.server_id, failed.operation_id});
  const auto release = app_.message(origin, app_.database.read([&](Session& session) {
    return app::release_of(session, failed.server_id, app::End::given_up);
  }));
  const base::TimePoint now = app_.now();
  platform::log_warning("build failed server={} host={} reason={}", failed.server_id, failed.host,
                        failed.reason);
  return app_.database.write("build.failed", [&](Session& session) -> Changed {
    const auto row = find_on_host(session, failed.host, failed.server_id, failed.operation_id);
    if (!row || row->task_state == "deleting") return {false};
    const bool rescheduled = app::build_failed(
        session, *row, failed.reason, failed.reschedule ? app::Retry::other_host : app::Retry::none,
        app_.settings.max_attempts, again, now);
    // This host has undone what it did; one that vanished before it has not.
    if (!rescheduled) platform::enqueue(session, std::string(kConductorTopic), release, now);
    return {true};
  });
}

Changed Conductor::server_terminated(const ServerTerminated& terminated) {
  const base::TimePoint now = app_.now();
  return app_.database.write("server.terminated", [&](Session& session) -> Changed {
    const auto row =
        find_on_host(session, terminated.host, terminated.server_id, terminated.operation_id);
    if (!row || row->task_state != "deleting") return {false};
    if (!store::mark_deleted(session, row->id, row->operation_id, now)) return {false};
    store::finish_action(session, terminated.operation_id, "Success", "", now);
    return {true};
  });
}

MaybeOperation Conductor::begin_operation(const BeginOperation& wanted) {
  const base::TimePoint now = app_.now();
  bool is_late = false;
  MaybeOperation begun = app_.database.read([&](Session& session) -> MaybeOperation {
    const auto whole =
        store::find_whole_in_operation(session, wanted.server_id, wanted.operation_id);
    if (!whole || whole->server.host != wanted.host) return {};
    is_late = whole->server.task_deadline - now < deadline_of(whole->server) / 2;
    return {describe_with_image(session, *whole),
            store::load_saga(session, wanted.host, wanted.operation_id)};
  });
  if (is_late)
    app_.database.write("operation.begin", [&](Session& session) {
      const auto server = find_on_host(session, wanted.host, wanted.server_id, wanted.operation_id);
      if (server) prolong(session, *server, now);
    });
  return begun;
}

platform::Nothing Conductor::save_saga(const SaveSaga& saved) {
  const base::TimePoint now = app_.now();
  app_.database.write("saga.save", [&](Session& session) {
    const auto server = store::get_server_in_saga(session, saved.host, saved.progress);
    store::save_saga(session, saved.host, saved.progress, now);
    prolong(session, server, now);
  });
  return {};
}

void Conductor::release_ports(const app::Origin& origin, const ReleaseServer& wanted) {
  const auto brought = [&](const std::string& id) {
    return std::find(wanted.kept_ports.begin(), wanted.kept_ports.end(), id) !=
           wanted.kept_ports.end();
  };
  openstack::clients::PortBindings bindings(app_.session, app_.settings.neutron_url);
  for (const auto& port : app_.neutron.list_ports_of_device(wanted.server_id, origin.request_id)) {
    if (brought(port.id))
      bindings.release({port.id, wanted.server_id}, port.host, origin.request_id);
    else
      app_.neutron.delete_port(port.id, origin.request_id);
  }
}

// OSSA-2023-003: a host that has lost the server must not reach its volumes again.
void Conductor::release_volumes(const std::string& server_id,
                                const std::vector<std::string>& volumes,
                                const std::string& request_id) {
  for (const std::string& volume : volumes) app_.cinder.release(volume, server_id, request_id);
}

// The message may be late: the server may have the volume again, by another attachment.
void Conductor::release_lost_volume(const std::string& server_id, const std::string& volume_id,
                                    const std::string& request_id) {
  app_.cinder.release(volume_id, server_id, request_id, [&] {
    return app_.database.read(
        [&](Session& session) { return !store::has_server_volume(session, server_id, volume_id); });
  });
}

platform::Nothing Conductor::report_extension(const ReportExtension& report) {
  const base::TimePoint now = app_.now();
  app_.database.write("volume.extended", [&](Session& session) {
    const auto server = store::find_instance(session, report.server_id);
    if (!server || server->host != report.host ||
        !store::is_action_of(session, report.operation_id, report.server_id, "extend_volume"))
      return;
    store::finish_action(session, report.operation_id, report.problem.empty() ? "Success" : "Error",
                         report.problem, now);
  });
  return {};
}

Changed Conductor::report_volume(const ReportVolume& report) {
  const base::TimePoint now = app_.now();
  return app_.database.write("volume.report", [&](Session& session) -> Changed {
    const auto server = store::find_instance(session, report.server_id);
    if (!server || server->host != report.host) return {false};
    const auto volume = store::find_server_volume_in_operation(session, report.server_volume_id,
                                                               report.operation_id);
    // Told twice: that it has come is known.
    if (!volume)
      return {report.attached &&
              store::is_settled(session, report.server_id, report.server_volume_id)};
    if (volume->server_id != report.server_id) return {false};
    if (report.in_progress) {
      session.execute("UPDATE server_volumes SET task_deadline=? WHERE id=?",
                      {now + app::kVolumeDeadline, volume->id});
      return {server->task_state != "deleting"};
    }
    if (report.swapped)
      store::exchange_server_volume(session, *volume);
    else if (report.attached)
      store::settle_server_volume(session, volume->id);
    else
      store::delete_server_volume(session, volume->id);
    store::follow_server_volumes(session, report.server_id);
    store::finish_action(session, report.operation_id, report.problem.empty() ? "Success" : "Error",
                         report.problem, now);
    return {true};
  });
}

}  // namespace nova::conductor
