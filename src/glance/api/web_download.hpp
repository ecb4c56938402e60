// Fetches what a user's URL leads to.
#pragma once

#include <functional>
#include <string>

#include "glance/api/image_api.hpp"

namespace glance::api {

// Follows a few redirects, each of which the operator's filter and the rule of addresses must let
// pass. Error(bad_request) for the task's message if there is nothing to be had.
[[nodiscard]] platform::http::Response open_web(const ImageApi& api, const std::string& url);

// A body whose reading ends with Error(bad_request) when the peer breaks off or stalls, and which
// asks `check` before it reads on.
[[nodiscard]] std::unique_ptr<platform::http::BodyReader> make_web_reader(
    std::shared_ptr<platform::http::BodyReader> body, std::function<void()> check);

}  // namespace glance::api
