// The end of a server on this host. There is no way back from it: a step that fails is tried again,
// by the next delivery of the message or by the reaper, until nothing is left.
#include "nova/compute/host.hpp"
#include "nova/compute/ports.hpp"
#include "nova/compute/sagas.hpp"
#include "nova/compute/volumes.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

// "Undone" would end it for good; from the start again is what is wanted.
void begin_again(Host& host, const std::string& server_id, openstack::SagaProgress progress) {
  const std::string reason = progress.error_message;
  progress.phase = openstack::SagaPhase::forward;
  progress.next_step = 0;
  progress.error_kind.clear();
  progress.error_message.clear();
  static_cast<void>(host.conductor.call(SaveSaga{host.name, progress}));
  throw base::Error(base::ErrorKind::unavailable,
                    "Server " + server_id + " is still being deleted. It is tried again.", reason);
}

}  // namespace

openstack::Saga<ServerOperation> terminate_server_saga(Host& host) {
  return {
      kTerminateServerSaga,
      {
          {"remove guest", [&host](ServerOperation& t) { host.hypervisor.remove(t.server.id); },
           nullptr},
          {"release volumes",
           [&host](ServerOperation& t) {
             release_volumes(host, t.server, Doomed::remove, t.request_id);
           },
           nullptr},
          {"unplug interfaces",
           [&host](ServerOperation& t) { host.interfaces.remove_all(t.server.id); }, nullptr},
          {"release ports",
           [&host](ServerOperation& t) { release_ports(host, t.server, Ports::all, t.request_id); },
           nullptr},
          {"remove disk", [&host](ServerOperation& t) { host.disks.remove(t.server.id); }, nullptr},
      },
  };
}

void terminate_server(Host& host, const TerminateServer& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto progress = run_operation(host, terminate_server_saga(host), message.server_id,
                                      message.operation_id, request_id);
  if (!progress) return;
  if (progress->phase != openstack::SagaPhase::succeeded)
    begin_again(host, message.server_id, *progress);
  static_cast<void>(
      host.conductor.call(ServerTerminated{host.name, message.server_id, message.operation_id}));
}

}  // namespace nova::compute
