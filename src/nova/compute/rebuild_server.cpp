// A server made anew from its image on the host where it is. The old disk is gone with the first
// steps, so there is no way back: a rebuild that fails ends with the server in error, and it can be
// asked for again.
#include "nova/compute/host.hpp"
#include "nova/compute/sagas.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

// A stopped server stays so, as Nova leaves it.
bool stays_stopped(const ServerDescription& server) { return server.vm_state == "stopped"; }

ReportServer report_of(Host& host, const RebuildServer& message,
                       const openstack::SagaProgress& progress) {
  ReportServer report;
  report.host = host.name;
  report.server_id = message.server_id;
  report.operation_id = message.operation_id;
  report.finished = true;
  report.power_state = static_cast<int64_t>(host.hypervisor.power_state(message.server_id));
  if (progress.phase != openstack::SagaPhase::succeeded) {
    report.vm_state = "error";
    report.outcome = "Error";
    report.fault_message = progress.error_message;
    return report;
  }
  const auto rebuilt = base::from_json<ServerOperation>(progress.state);
  report.vm_state = stays_stopped(rebuilt.server) ? "stopped" : "active";
  report.launched = true;
  return report;
}

}  // namespace

openstack::Saga<ServerOperation> rebuild_server_saga(Host& host) {
  return {
      kRebuildServerSaga,
      {
          {"remove guest",
           [&host](ServerOperation& rebuild) { host.hypervisor.remove(rebuild.server.id); },
           nullptr},
          {"remove disk",
           [&host](ServerOperation& rebuild) { host.disks.remove(rebuild.server.id); }, nullptr},
          {"create disk",
           [&host](ServerOperation& rebuild) {
             host.disks.ensure(rebuild.server, rebuild.request_id);
           },
           nullptr},
          {"plug interfaces",
           [&host](ServerOperation& rebuild) {
             for (const auto& port : rebuild.server.ports)
               host.interfaces.ensure(port.id, rebuild.server.id);
           },
           nullptr},
          {"start guest",
           [&host](ServerOperation& rebuild) {
             if (!stays_stopped(rebuild.server))
               host.hypervisor.start(define_guest(host, rebuild.server, rebuild.request_id));
           },
           nullptr},
      },
  };
}

void rebuild_server(Host& host, const RebuildServer& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto progress = run_operation(host, rebuild_server_saga(host), message.server_id,
                                      message.operation_id, request_id);
  if (!progress) return;
  if (progress->phase != openstack::SagaPhase::succeeded)
    platform::log_error("rebuild failed server={} error={}", message.server_id,
                        progress->error_message);
  static_cast<void>(host.conductor.call(report_of(host, message, *progress)));
}

}  // namespace nova::compute
