// GET /healthcheck as oslo.middleware answers it: for load balancers, without a token. 200 "OK", or
// 503 with the reasons; as text, HTML or JSON, as Accept says. HEAD gets 204.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "platform/http/message.hpp"

namespace openstack {

// Why no requests are to be sent here; empty: they are. What it says is public.
using HealthReasons = std::function<std::vector<std::string>()>;

// Answers a request for /healthcheck, whatever its method.
[[nodiscard]] platform::http::Response healthcheck_response(
    const platform::http::Request& request, const std::vector<std::string>& reasons);

// The handler, with /healthcheck before it.
[[nodiscard]] platform::http::Handler with_healthcheck(platform::http::Handler handler,
                                                       HealthReasons reasons);

// "DISABLED BY FILE" while that file exists, by which an operator takes a host out of a load
// balancer; nothing for an empty path.
void add_disabling_file(std::vector<std::string>& reasons, const std::string& path);

}  // namespace openstack
