#include "base/error.hpp"
#include "nova/compute/sagas.hpp"
#include "platform/log.hpp"

namespace nova::compute {

std::optional<openstack::SagaProgress> run_operation(Host& host,
                                                     const openstack::Saga<ServerOperation>& saga,
                                                     const std::string& server_id,
                                                     const std::string& operation_id,
                                                     const std::string& request_id) {
  const auto server = host.conductor.call(GetServer{host.name, server_id}).server;
  if (!server || server->operation_id != operation_id) return std::nullopt;
  ConductorJournal journal(host.conductor, host.name);
  try {
    return openstack::run_saga(saga, operation_id, ServerOperation{*server, request_id}, journal,
                               host.runtime);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::conflict) throw;
    platform::log_info("given up, the server is in another operation saga={} server={}", saga.name,
                       server_id);
    return std::nullopt;
  }
}

}  // namespace nova::compute
