// Leader-only work: one holder at a time, for a while. A service that uses it has the table
//   CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at BIGINT NOT NULL);
#pragma once

#include <string>

#include "platform/database/database.hpp"

namespace platform {

// Takes the lease `name` if it is free or has expired, or prolongs it if `holder` has it, until
// `now + duration`. False: somebody else holds it. Idempotent; call it in a write, well before the
// lease ends, and once more inside the transaction whose effect must be the leader's alone.
// A lease that ends later than two of its terms from now was written by a clock that was wrong: it
// counts as expired, or nobody would lead until then if that holder died.
[[nodiscard]] bool hold_lease(Session& session, const std::string& name, const std::string& holder,
                              base::TimePoint now, base::Duration duration);

// Whether hold_lease would find it in other hands: a read, for those who ask often.
[[nodiscard]] bool another_holds_lease(Session& session, const std::string& name,
                                       const std::string& holder, base::TimePoint now,
                                       base::Duration duration);

// Gives it back if `holder` has it, so that the next one need not wait for its end.
void release_lease(Session& session, const std::string& name, const std::string& holder);

}  // namespace platform
