// Which microversion a request asks for, and how an answer says which one it got.
// https://specs.openstack.org/openstack/api-sig/guidelines/microversion_specification.html
#pragma once

#include <optional>

#include "openstack/api.hpp"
#include "openstack/context.hpp"
#include "platform/http/message.hpp"

namespace openstack {

// Reads OpenStack-API-Version, then the legacy header; without either the minimum, for "latest" the
// maximum. Throws Error(bad_request) for text that is no version and Error(not_acceptable) for one
// outside the range.
[[nodiscard]] Microversion negotiate(const MicroversionSupport& support,
                                     const platform::http::Headers& headers);
// Both headers with the version that was used, and Vary.
void announce(const MicroversionSupport& support, Microversion version,
              platform::http::Headers& headers);

}  // namespace openstack
