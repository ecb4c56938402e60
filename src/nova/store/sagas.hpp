// The journal of operations that compute hosts work on.
#pragma once

#include <optional>
#include <string>

#include "nova/store/instances.hpp"
#include "openstack/saga.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

// Throws Error(conflict) if the operation belongs to another host.
[[nodiscard]] std::optional<openstack::SagaProgress> load_saga(platform::Session& session,
                                                               const std::string& host,
                                                               const std::string& operation_id);
// The server that is in the operation. Throws Error(conflict) unless it is on that host: who has
// been overtaken by a deletion, or has lost the server to another host, must stop.
[[nodiscard]] InstanceRow get_server_in_saga(platform::Session& session, const std::string& host,
                                             const openstack::SagaProgress& progress);
// After get_server_in_saga().
void save_saga(platform::Session& session, const std::string& host,
               const openstack::SagaProgress& progress, base::TimePoint now);
void delete_saga(platform::Session& session, const std::string& operation_id);
// Journals of operations that no server is in any more and that nobody has written since `before`.
int64_t delete_stale_sagas(platform::Session& session, base::TimePoint before);

}  // namespace nova::store
