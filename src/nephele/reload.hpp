// SIGHUP: the log goes on in a new file if the old one was moved away, and the configuration is
// read again. What can change while roles work does; what can not is named in the log.
#pragma once

#include "nephele/cloud.hpp"
#include "nephele/command_line.hpp"
#include "platform/config.hpp"

namespace nephele {

// `started_with`: the host's options at the start. A configuration that is wrong is logged and
// changes nothing. Never throws base::Error.
void reload(const CommandLine& line, const Cloud& cloud, const platform::Config& started_with);

// "[group] name" of each option of `tables` that differs.
[[nodiscard]] std::vector<std::string> changed_options(
    const std::vector<std::span<const platform::Option>>& tables, const platform::Config& before,
    const platform::Config& after);

}  // namespace nephele
