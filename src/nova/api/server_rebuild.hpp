// The action "rebuild".
// https://docs.openstack.org/api-ref/compute/#rebuild-server-rebuild-action
#pragma once

#include "nova/api/common.hpp"

namespace nova::api {

// `argument` is the value of the action's key.
[[nodiscard]] Response rebuild(app::App& app, ApiRequest& request, const std::string& server_id,
                               const base::Json& argument);

}  // namespace nova::api
