// The build of a server on this host: a saga, so that a death at any step is taken up or undone.
#include <fmt/core.h>

#include "nova/compute/host.hpp"
#include "nova/compute/ports.hpp"
#include "nova/compute/sagas.hpp"
#include "nova/compute/volumes.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

using base::Error;
using base::ErrorKind;

// Whether another host might do better than this one.
bool worth_rescheduling(std::string_view error_kind) {
  const ErrorKind kind = base::parse_error_kind(error_kind);
  return kind != ErrorKind::bad_request && kind != ErrorKind::forbidden &&
         kind != ErrorKind::not_found && kind != ErrorKind::unsupported_media_type;
}

void report_built(Host& host, const BuildServer& message, const ServerOperation& build) {
  ReportServer report;
  report.host = host.name;
  report.server_id = message.server_id;
  report.operation_id = message.operation_id;
  report.vm_state = "active";
  report.power_state = static_cast<int64_t>(drivers::PowerState::running);
  report.ports = build.server.ports;
  report.launched = true;
  report.finished = true;
  static_cast<void>(host.conductor.call(report));
}

}  // namespace

openstack::Saga<ServerOperation> build_server_saga(Host& host) {
  return {
      kBuildServerSaga,
      {
          {"bind ports",
           [&host](ServerOperation& build) {
             build.server.ports = ensure_ports(host, build.server, build.request_id);
           },
           [&host](ServerOperation& build) {
             release_ports(host, build.server, Ports::of_this_host, build.request_id);
           },
           openstack::Learnt::refound},
          // After the ports: what the config drive says of the network is known from them.
          {"create disk",
           [&host](ServerOperation& build) { host.disks.ensure(build.server, build.request_id); },
           [&host](ServerOperation& build) { host.disks.remove(build.server.id); }},
          {"plug interfaces",
           [&host](ServerOperation& build) {
             for (const auto& port : build.server.ports)
               host.interfaces.ensure(port.id, build.server.id);
           },
           [&host](ServerOperation& build) { host.interfaces.remove_all(build.server.id); }},
          {"wait for ports",
           [&host](ServerOperation& build) {
             wait_for_ports(host, build.server, build.request_id);
           },
           nullptr},
          {"wait for volumes",
           [&host](ServerOperation& build) {
             wait_for_volumes(host, build.server, build.request_id);
           },
           [&host](ServerOperation& build) {
             release_volumes(host, build.server, Doomed::keep, build.request_id);
           }},
          {"start guest",
           [&host](ServerOperation& build) {
             host.hypervisor.start(define_guest(host, build.server, build.request_id));
           },
           [&host](ServerOperation& build) { host.hypervisor.remove(build.server.id); }},
          {"complete volumes",
           [&host](ServerOperation& build) {
             complete_volumes(host, build.server, build.request_id);
           },
           nullptr},
      },
  };
}

void build_server(Host& host, const BuildServer& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto progress = run_operation(host, build_server_saga(host), message.server_id,
                                      message.operation_id, request_id);
  if (!progress) return;
  if (progress->phase == openstack::SagaPhase::succeeded) {
    report_built(host, message, base::from_json<ServerOperation>(progress->state));
    return;
  }
  platform::log_error("build failed server={} error={}", message.server_id,
                      progress->error_message);
  static_cast<void>(host.conductor.call(BuildFailed{host.name, message.server_id,
                                                    message.operation_id, progress->error_message,
                                                    worth_rescheduling(progress->error_kind)}));
}

}  // namespace nova::compute
