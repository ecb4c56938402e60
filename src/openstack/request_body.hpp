// Reads a request's JSON body, refusing what is none in each service's own words.
#pragma once

#include "base/json.hpp"
#include "openstack/error_body.hpp"
#include "platform/http/message.hpp"

namespace openstack {

// null if there is no body. Throws Error(bad_request) for text that is not JSON or has
// a NUL in it,
// Error(unsupported_media_type) for a content type that Nova does not take.
[[nodiscard]] base::Json read_json_body(ErrorStyle style, const platform::http::Request& request);
// Throws what the service says when a body must be there and is not.
[[noreturn]] void refuse_body(ErrorStyle style);

}  // namespace openstack
