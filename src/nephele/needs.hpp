// What a role can not do without, checked before it starts.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "nephele/command_line.hpp"
#include "nephele/roles.hpp"
#include "platform/config.hpp"

namespace nephele {

using ServiceConfigs = std::map<std::string_view, platform::Config>;

// Throws base::Error(bad_request) that names, for each option that is missing, the role, the file
// and what the option is for. `configs`: of every service that has one of `roles`.
void check_needs(const CommandLine& line, const std::vector<const RoleEntry*>& roles,
                 const ServiceConfigs& configs);

// What works without, but less than one may expect; a sentence each.
[[nodiscard]] std::vector<std::string> list_cautions(const std::vector<const RoleEntry*>& roles,
                                                     const ServiceConfigs& configs);

}  // namespace nephele
