// The topics of each service that messages are sent to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nephele/command_line.hpp"

namespace nephele {

// Those of each compute host are among Nova's, and those of each back end among Cinder's, if its
// database can be read from here.
[[nodiscard]] std::vector<std::string> list_topics(const CommandLine& line,
                                                   std::string_view service);

}  // namespace nephele
