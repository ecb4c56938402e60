// nephele.conf of another host of the cloud, as the controller writes it.
#pragma once

#include <string>

#include "nephele/host_settings.hpp"

namespace nephele {

// A compute host needs nothing else. A network host's has the secret of the metadata agent, too.
enum class HostKind { compute, network };
[[nodiscard]] std::string host_file(const HostSettings& host, const std::string& transport_url,
                                    HostKind kind = HostKind::compute);

// transport_url as nephele.conf has it, for each host fills in what "{service}" stands for.
[[nodiscard]] std::string written_transport_url(const CommandLine& line);

}  // namespace nephele
