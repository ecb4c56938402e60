// A host seen without nova-compute: for `nephele doctor`.
#pragma once

#include <functional>
#include <vector>

#include "nova/messages.hpp"
#include "platform/config.hpp"
#include "platform/finding.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

// What is here of servers that are not on this host, and what servers of this host lack here. Of
// this configuration's instances_path only, as its nova-compute sees it; of servers that are in no
// operation. `list_servers` answers ListServersOfHost for this host; it is not asked where no
// guests are kept (the fake hypervisor keeps nothing).
[[nodiscard]] std::vector<platform::Difference> compare_host(
    const platform::Config& config, platform::Runtime runtime,
    const std::function<ServerList()>& list_servers);

}  // namespace nova::compute
