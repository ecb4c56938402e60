// The route tables of the API, one function per resource, all below /v3.
#pragma once

#include "keystone/app/core.hpp"
#include "openstack/api.hpp"

namespace keystone::api {

[[nodiscard]] openstack::Routes auth_routes(app::Core& core);
[[nodiscard]] openstack::Routes users_routes(app::Core& core);
[[nodiscard]] openstack::Routes groups_routes(app::Core& core);
[[nodiscard]] openstack::Routes projects_routes(app::Core& core);
[[nodiscard]] openstack::Routes domains_routes(app::Core& core);
[[nodiscard]] openstack::Routes domain_config_routes(app::Core& core);
[[nodiscard]] openstack::Routes roles_routes(app::Core& core);
[[nodiscard]] openstack::Routes grants_routes(app::Core& core);
[[nodiscard]] openstack::Routes role_assignments_routes(app::Core& core);
[[nodiscard]] openstack::Routes catalog_routes(app::Core& core);
[[nodiscard]] openstack::Routes endpoint_filter_routes(app::Core& core);
[[nodiscard]] openstack::Routes limits_routes(app::Core& core);
[[nodiscard]] openstack::Routes credentials_routes(app::Core& core);
[[nodiscard]] openstack::Routes application_credentials_routes(app::Core& core);
[[nodiscard]] openstack::Routes trusts_routes(app::Core& core);
[[nodiscard]] openstack::Routes policies_routes(app::Core& core);
[[nodiscard]] openstack::Routes consumers_routes(app::Core& core);
// Absolute paths, without token: "/", "/v3".
[[nodiscard]] openstack::Routes version_routes(app::Core& core);

// Everything below /v3.
[[nodiscard]] openstack::Routes all_routes(app::Core& core);

}  // namespace keystone::api
