// The table of everything that cinder-api serves, put together from one function per resource.
#pragma once

#include <span>

#include "cinder/api/common.hpp"

namespace cinder::api {

// One per file of the same name.
[[nodiscard]] openstack::Routes volume_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_action_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_metadata_routes(app::App& app);
[[nodiscard]] openstack::Routes attachment_routes(app::App& app);
[[nodiscard]] openstack::Routes snapshot_routes(app::App& app);
[[nodiscard]] openstack::Routes snapshot_metadata_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_type_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_type_access_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_type_extra_spec_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_type_encryption_routes(app::App& app);
[[nodiscard]] openstack::Routes qos_specs_routes(app::App& app);
[[nodiscard]] openstack::Routes transfer_routes(app::App& app);
[[nodiscard]] openstack::Routes manage_routes(app::App& app);
[[nodiscard]] openstack::Routes manageable_routes(app::App& app);
[[nodiscard]] openstack::Routes group_type_routes(app::App& app);
[[nodiscard]] openstack::Routes group_type_spec_routes(app::App& app);
[[nodiscard]] openstack::Routes group_routes(app::App& app);
[[nodiscard]] openstack::Routes group_snapshot_routes(app::App& app);
[[nodiscard]] openstack::Routes message_routes(app::App& app);
[[nodiscard]] openstack::Routes resource_filter_routes(app::App& app);
[[nodiscard]] openstack::Routes quota_routes(app::App& app);
[[nodiscard]] openstack::Routes limit_routes(app::App& app);
[[nodiscard]] openstack::Routes service_routes(app::App& app);
[[nodiscard]] openstack::Routes cluster_routes(app::App& app);
[[nodiscard]] openstack::Routes pool_routes(app::App& app);
[[nodiscard]] openstack::Routes extension_routes(app::App& app);
[[nodiscard]] openstack::Routes unbuilt_routes(app::App& app);

// "/" and "/v3": without a token.
[[nodiscard]] openstack::Routes version_routes();
[[nodiscard]] std::span<const openstack::PolicyRule> policies();

// All of it.
[[nodiscard]] openstack::ApiDefinition definition(app::App& app, std::string keystone_url);

}  // namespace cinder::api
