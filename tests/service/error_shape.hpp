// What an error of each service looks like on the wire.
#pragma once

#include <optional>
#include <string>

#include "openstack/api.hpp"

namespace api_edge {

// Why an answer is not a proper error of that service; nullopt if it is one: a 4xx or 501 with the
// service's own body, the right content type and a message that says something.
[[nodiscard]] std::optional<std::string> fault_in_error(openstack::ErrorStyle style,
                                                        const platform::http::Request& request,
                                                        const platform::http::Response& response);

}  // namespace api_edge
