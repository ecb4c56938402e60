// What must hold whatever happened: the invariants of the design.
#pragma once

#include <string>
#include <vector>

#include "users.hpp"

namespace simulation {

// One text per thing that is wrong, each beginning with its invariant's name. May be asked at any
// time from the thread of the simulation; must be empty once faults have ended and deadlines have
// passed.
[[nodiscard]] std::vector<std::string> violations(Cloud& cloud, const Ledger& ledger);

}  // namespace simulation
