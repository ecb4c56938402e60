#include "base/error.hpp"
#include "nova/compute/sagas.hpp"
#include "platform/log.hpp"

namespace nova::compute {

std::optional<openstack::SagaProgress> run_operation(Host& host,
                                                     const openstack::Saga<ServerOperation>& saga,
                                                     const std::string& server_id,
                                                     const std::string& operation_id,
                                                     const std::string& request_id) {
  auto begun = host.conductor.call(BeginOperation{host.name, server_id, operation_id});
  if (!begun.server) return std::nullopt;
  ConductorJournal journal(host.conductor, host.name, std::move(begun.progress));
  try {
    return openstack::run_saga(saga, operation_id,
                               ServerOperation{*std::move(begun.server), request_id}, journal,
                               host.runtime);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::conflict) throw;
    platform::log_info("given up, the server is in another operation saga={} server={}", saga.name,
                       server_id);
    return std::nullopt;
  }
}

}  // namespace nova::compute
