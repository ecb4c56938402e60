#include "nova/app/servers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "nova/app/lifecycle.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/sagas.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;

constexpr base::Duration kConsoleTimeout = std::chrono::seconds{20};

const PowerAction& power_action(Power power) {
  static const PowerAction actions[] = {
      {"start", "start", "powering-on", "compute_start_instance", {"stopped"}, "start"},
      {"stop", "stop", "powering-off", "compute_stop_instance", {"active", "error"}, "stop"},
      {"reboot", "reboot_soft", "rebooting", "compute_reboot_instance", {"active"}, "reboot"},
      {"reboot",
       "reboot_hard",
       "rebooting_hard",
       "compute_reboot_instance",
       {"active", "stopped", "paused", "suspended", "error"},
       "reboot"},
      {"pause", "pause", "pausing", "compute_pause_instance", {"active"}, "pause"},
      {"unpause", "unpause", "unpausing", "compute_unpause_instance", {"paused"}, "unpause"}};
  return actions[static_cast<size_t>(power)];
}

void check_power(const store::InstanceRow& server, const PowerAction& action, Power power) {
  const bool allowed = std::find(action.vm_states.begin(), action.vm_states.end(),
                                 server.vm_state) != action.vm_states.end();
  if (!allowed) refuse_state(server.id, action.attempt, "vm_state", server.vm_state);
  // A hard reboot is also the way out of a soft one that hangs.
  const bool takes_over = power == Power::reboot_hard && server.task_state == "rebooting";
  if (!server.task_state.empty() && !takes_over)
    refuse_state(server.id, action.attempt, "task_state", server.task_state);
  if (server.host.empty())
    throw Error(ErrorKind::conflict, "Instance " + server.id + " is not ready");
}

// Closes the operation, if any, that the next one takes the place of.
void interrupt(Session& session, const store::InstanceRow& server, const std::string& why,
               base::TimePoint now) {
  if (server.operation_id.empty()) return;
  store::finish_action(session, server.operation_id, "Error", why, now);
  store::delete_saga(session, server.operation_id);
}

std::string last_lines(const std::string& text, std::optional<int64_t> lines) {
  if (!lines) return text;
  size_t start = text.size();
  // A newline at the very end ends the last line, it does not begin another.
  if (start > 0 && text[start - 1] == '\n') --start;
  for (int64_t left = *lines; left > 0; --left) {
    const size_t newline = start == 0 ? std::string::npos : text.rfind('\n', start - 1);
    if (newline == std::string::npos) return text;
    start = newline;
  }
  return *lines == 0 ? std::string() : text.substr(start + 1);
}

}  // namespace

void refuse_state(const std::string& id, std::string_view attempt, std::string_view attribute,
                  std::string_view state) {
  throw Error(ErrorKind::conflict, fmt::format("Cannot '{}' instance {} while it is in {} {}",
                                               attempt, id, attribute, state));
}

void require_settled_disks(const store::InstanceRow& server, std::string_view attempt) {
  static constexpr std::array<std::string_view, 4> kStates{"active", "paused", "stopped",
                                                           "suspended"};
  if (std::find(kStates.begin(), kStates.end(), server.vm_state) == kStates.end())
    refuse_state(server.id, attempt, "vm_state", server.vm_state);
  if (!server.task_state.empty()) refuse_state(server.id, attempt, "task_state", server.task_state);
}

std::string generated_password(platform::Random& random) {
  // Without those that look alike.
  static constexpr std::string_view kSymbols =
      "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::string password;
  for (int i = 0; i < 12; ++i) password += kSymbols[random.below(kSymbols.size())];
  return password;
}

store::InstanceRow get_server(Session& session, const openstack::Context& context,
                              const std::string& id) {
  auto row = store::find_instance(session, id);
  if (!row || (row->project_id != context.project_id() && !context.is_admin()))
    throw Error(ErrorKind::not_found, "Instance " + id + " could not be found.");
  return *std::move(row);
}

store::InstanceRow get_server(App& app, const openstack::Context& context, const std::string& id) {
  return app.database.read([&](Session& session) { return get_server(session, context, id); });
}

void refuse_locked(const store::InstanceRow& server, const openstack::Context& context) {
  if (server.locked_by.empty() || context.is_admin()) return;
  throw Error(ErrorKind::conflict, "Instance " + server.id + " is locked");
}

void delete_server(App& app, const openstack::Context& context, const std::string& id) {
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const Origin origin = origin_of(context);
  const auto terminate = app.message(origin, TerminateServer{id, operation});
  const auto release = app.message(origin, app.database.read([&](Session& session) {
    return release_of(session, id, End::deleted);
  }));
  app.database.write("server.delete", [&](Session& session) {
    const auto server = get_server(session, context, id);
    refuse_locked(server, context);
    if (server.task_state == "deleting") return;
    store::start_action(session, {operation, id, "delete", "compute_terminate_instance"}, context,
                        now);
    if (server.host.empty()) {
      // A host that vanished while it built may have left ports; volumes were reserved before.
      const bool has_something = server.vm_state == "error" || server.volumes != "[]" ||
                                 store::get_instance_system(session, id).tried_hosts != "[]";
      if (delete_without_host(session, server, has_something ? &release : nullptr, now))
        store::finish_action(session, operation, "Success", "", now);
      return;
    }
    interrupt(session, server, "The server was deleted.", now);
    const bool changed = store::change_task(
        session, id, server.operation_id,
        {server.vm_state, "deleting", operation, server.host, now + kDeleteDeadline, 1}, now);
    if (changed) platform::enqueue(session, compute_topic(server.host), terminate, now);
  });
}

void change_power(App& app, const openstack::Context& context, const std::string& id, Power power) {
  const PowerAction& action = power_action(power);
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  const auto message =
      app.message(origin_of(context), ChangePower{id, operation, std::string(action.change)});
  app.database.write("server.power", [&](Session& session) {
    const auto server = get_server(session, context, id);
    refuse_locked(server, context);
    check_power(server, action, power);
    interrupt(session, server, "The server was rebooted hard meanwhile.", now);
    store::start_action(session,
                        {operation, id, std::string(action.action), std::string(action.event)},
                        context, now);
    const bool changed = store::change_task(session, id, server.operation_id,
                                            {server.vm_state, std::string(action.task_state),
                                             operation, server.host, now + kPowerDeadline, 1},
                                            now);
    if (changed) platform::enqueue(session, compute_topic(server.host), message, now);
  });
}

store::InstanceRow update_server(App& app, const openstack::Context& context, const std::string& id,
                                 const std::function<void(store::InstanceRow&)>& change) {
  const base::TimePoint now = app.now();
  return app.database.write("server.update", [&](Session& session) {
    auto server = get_server(session, context, id);
    change(server);
    server.updated_at = now;
    platform::update(session, server);
    return server;
  });
}

// Locking is recorded like any action, but is done when it is asked.
static void change_lock(App& app, const openstack::Context& context, const std::string& id,
                        const char* action,
                        const std::function<void(store::InstanceRow&)>& change) {
  const std::string operation = app.uuid();
  const base::TimePoint now = app.now();
  app.database.write("server.lock", [&](Session& session) {
    auto server = get_server(session, context, id);
    change(server);
    server.updated_at = now;
    platform::update(session, server);
    store::start_action(session, {operation, id, action, std::string("api_") + action}, context,
                        now);
    store::finish_action(session, operation, "Success", "", now);
  });
}

void lock_server(App& app, const openstack::Context& context, const std::string& id,
                 const std::optional<std::string>& reason) {
  change_lock(app, context, id, "lock", [&](store::InstanceRow& server) {
    // An administrator's lock is not taken over by the owner.
    const bool owner = server.project_id == context.project_id();
    if (owner && server.locked_by == "admin") return;
    server.locked_by = owner ? "owner" : "admin";
    server.locked_reason = reason;
  });
}

void unlock_server(App& app, const openstack::Context& context, const std::string& id) {
  change_lock(app, context, id, "unlock", [&](store::InstanceRow& server) {
    if (server.locked_by == "admin" && !context.is_admin())
      throw Error(ErrorKind::forbidden,
                  "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be "
                  "performed.");
    server.locked_by.clear();
    server.locked_reason.reset();
  });
}

void reset_state(App& app, const openstack::Context& context, const std::string& id,
                 const std::string& state) {
  const base::TimePoint now = app.now();
  const std::string operation = app.uuid();
  app.database.write("server.reset", [&](Session& session) {
    const auto server = get_server(session, context, id);
    store::start_action(session, {operation, id, "reset-state", "api_reset_state"}, context, now);
    store::finish_action(session, operation, "Success", "", now);
    if (!server.operation_id.empty())
      abandon_operation(session, server, "The state was reset by an administrator.", now);
    session.execute("UPDATE instances SET vm_state=?, updated_at=? WHERE id=?", {state, now, id});
  });
}

std::string console_output(App& app, const openstack::Context& context, const std::string& id,
                           std::optional<int64_t> lines) {
  const auto server = get_server(app, context, id);
  if (server.host.empty()) throw Error(ErrorKind::conflict, "Instance " + id + " is not ready");
  const auto message = app.message(origin_of(context), GetConsoleOutput{id, lines});
  try {
    const auto output = platform::call<GetConsoleOutput>(app.bus, compute_events_topic(server.host),
                                                         message, kConsoleTimeout);
    return last_lines(output.text, lines);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unavailable)
      throw Error(ErrorKind::conflict, "Instance " + id + " is not ready", error.what());
    throw;
  }
}

}  // namespace nova::app
