#include <algorithm>
#include <array>

#include "nova/compute/host.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

using drivers::PowerState;
using drivers::StopMode;

struct Change {
  std::string_view name;
  std::string_view vm_state;  // afterwards
  PowerState power_state;
  void (*run)(Host&, const ServerDescription&, const std::string& request_id);
};

// A guest that its host has lost, with its directory for instance: it does not run, and is made
// again from its disk. Throws if a rebuild that failed has left no disk either.
bool is_lost(Host& host, const ServerDescription& server) {
  if (host.hypervisor.power_state(server.id) != PowerState::none) return false;
  const auto with_disk = host.disks.list_servers();
  if (std::find(with_disk.begin(), with_disk.end(), server.id) == with_disk.end())
    throw base::Error(base::ErrorKind::conflict, "The server has no disk. Rebuild it.");
  return true;
}

void start(Host& host, const ServerDescription& server, const std::string& request_id) {
  static_cast<void>(is_lost(host, server));
  host.hypervisor.start(define_guest(host, server, request_id));
}

void stop(Host& host, const ServerDescription& server, StopMode mode) {
  if (!is_lost(host, server)) host.hypervisor.stop(server.id, mode, host.shutdown_timeout);
}

constexpr std::array kChanges{
    Change{"start", "active", PowerState::running, start},
    Change{"stop", "stopped", PowerState::shutdown,
           [](Host& host, const ServerDescription& server, const std::string&) {
             stop(host, server, StopMode::clean);
           }},
    Change{"reboot_soft", "active", PowerState::running,
           [](Host& host, const ServerDescription& server, const std::string& request_id) {
             if (is_lost(host, server)) return start(host, server, request_id);
             host.hypervisor.reboot(server.id, StopMode::clean, host.shutdown_timeout);
           }},
    Change{"reboot_hard", "active", PowerState::running,
           [](Host& host, const ServerDescription& server, const std::string& request_id) {
             stop(host, server, StopMode::hard);
             start(host, server, request_id);
           }},
    Change{"pause", "paused", PowerState::paused,
           [](Host& host, const ServerDescription& server, const std::string&) {
             host.hypervisor.pause(server.id);
           }},
    Change{"unpause", "active", PowerState::running,
           [](Host& host, const ServerDescription& server, const std::string&) {
             host.hypervisor.resume(server.id);
           }},
};

const Change& get_change(const std::string& name) {
  for (const Change& change : kChanges)
    if (change.name == name) return change;
  throw base::Error(base::ErrorKind::bad_request, "Unknown change of power.", name);
}

}  // namespace

void change_power(Host& host, const ChangePower& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto server = host.conductor.call(GetServer{host.name, message.server_id}).server;
  if (!server || server->operation_id != message.operation_id) return;

  const Change& change = get_change(message.change);
  ReportServer report;
  report.host = host.name;
  report.server_id = message.server_id;
  report.operation_id = message.operation_id;
  report.finished = true;
  try {
    change.run(host, *server, request_id);
    report.vm_state = std::string(change.vm_state);
    report.power_state = static_cast<int64_t>(change.power_state);
  } catch (const base::Error& error) {
    platform::log_error("change of power failed server={} change={} error={}", message.server_id,
                        message.change, error.what());
    report.vm_state = "error";
    report.outcome = "Error";
    report.fault_message = error.message();
  }
  static_cast<void>(host.conductor.call(report));
}

}  // namespace nova::compute
