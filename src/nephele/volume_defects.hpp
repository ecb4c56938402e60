// Volumes of servers in Cinder against those in Nova: `nephele doctor`.
#pragma once

#include <vector>

#include "nephele/command_line.hpp"
#include "nephele/defects.hpp"

namespace nephele {

// Where this host reaches both databases. Nothing of it is mended: a guest may be writing.
void compare_volumes(const CommandLine& line, std::vector<Defect>& defects);

}  // namespace nephele
