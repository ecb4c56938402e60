// What there is of servers on this host, seen without nova-compute: for `nephele doctor`.
#pragma once

#include <map>
#include <string>

#include "platform/config.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

// Server -> what of it is here: "guest, network interfaces, disks". Of this configuration's
// instances_path only, as its nova-compute sees it. None with the fake hypervisor, which keeps
// nothing.
[[nodiscard]] std::map<std::string, std::string> list_remains(const platform::Config& config,
                                                              platform::Runtime runtime);
// Nothing of the server is left here. Not while such a nova-compute runs.
void remove_remains(const platform::Config& config, platform::Runtime runtime,
                    const std::string& server_id);

}  // namespace nova::compute
