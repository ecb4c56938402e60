// Leader-only work: one holder at a time, for a while. A service that uses it has the table
//   CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at BIGINT NOT NULL);
#pragma once

#include <string>

#include "platform/database/database.hpp"

namespace platform {

// Takes the lease `name` if it is free or has expired, or prolongs it if `holder` has it, until
// `now + duration`. False: somebody else holds it. Idempotent; call it in a write, well before the
// lease ends, and once more inside the transaction whose effect must be the leader's alone.
[[nodiscard]] bool hold_lease(Session& session, const std::string& name, const std::string& holder,
                              base::TimePoint now, base::Duration duration);

// Gives it back if `holder` has it, so that the next one need not wait for its end.
void release_lease(Session& session, const std::string& name, const std::string& holder);

}  // namespace platform
