// The journal of operations that compute hosts work on.
#pragma once

#include <optional>
#include <string>

#include "openstack/saga.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

// Throws Error(conflict) if the operation belongs to another host.
[[nodiscard]] std::optional<openstack::SagaProgress> load_saga(platform::Session& session,
                                                               const std::string& host,
                                                               const std::string& operation_id);
// Throws Error(conflict) unless a server on that host is in the operation: who has been overtaken
// by a deletion, or has lost the server to another host, must stop.
void save_saga(platform::Session& session, const std::string& host,
               const openstack::SagaProgress& progress, base::TimePoint now);
void delete_saga(platform::Session& session, const std::string& operation_id);
// Journals of operations that no server is in any more and that nobody has written since `before`.
int64_t delete_stale_sagas(platform::Session& session, base::TimePoint before);

}  // namespace nova::store
