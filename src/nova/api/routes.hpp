// The table of everything that nova-api serves, put together from one function per resource.
#pragma once

#include <span>

#include "nova/api/common.hpp"

namespace nova::api {

// One per file of the same name.
[[nodiscard]] openstack::Routes server_routes(app::App& app);
[[nodiscard]] openstack::Routes server_action_routes(app::App& app);
[[nodiscard]] openstack::Routes server_metadata_routes(app::App& app);
[[nodiscard]] openstack::Routes server_tag_routes(app::App& app);
[[nodiscard]] openstack::Routes server_volume_routes(app::App& app);
[[nodiscard]] openstack::Routes server_address_routes(app::App& app);
[[nodiscard]] openstack::Routes instance_action_routes(app::App& app);
[[nodiscard]] openstack::Routes flavor_routes(app::App& app);
[[nodiscard]] openstack::Routes flavor_extra_spec_routes(app::App& app);
[[nodiscard]] openstack::Routes flavor_access_routes(app::App& app);
[[nodiscard]] openstack::Routes keypair_routes(app::App& app);
[[nodiscard]] openstack::Routes limit_routes(app::App& app);
[[nodiscard]] openstack::Routes quota_routes(app::App& app);
[[nodiscard]] openstack::Routes quota_class_routes(app::App& app);
[[nodiscard]] openstack::Routes hypervisor_routes(app::App& app);
[[nodiscard]] openstack::Routes service_routes(app::App& app);
[[nodiscard]] openstack::Routes availability_zone_routes(app::App& app);
[[nodiscard]] openstack::Routes aggregate_routes(app::App& app);
[[nodiscard]] openstack::Routes server_group_routes(app::App& app);
[[nodiscard]] openstack::Routes extension_routes(app::App& app);
[[nodiscard]] openstack::Routes tenant_usage_routes(app::App& app);
[[nodiscard]] openstack::Routes external_event_routes(app::App& app);
[[nodiscard]] openstack::Routes proxy_routes(app::App& app);
[[nodiscard]] openstack::Routes volume_proxy_routes(app::App& app);
[[nodiscard]] openstack::Routes image_routes(app::App& app);
[[nodiscard]] openstack::Routes host_routes(app::App& app);
[[nodiscard]] openstack::Routes usage_audit_log_routes(app::App& app);
[[nodiscard]] openstack::Routes empty_resource_routes(app::App& app);

// "/", "/v2.1", ...: without a token.
[[nodiscard]] openstack::Routes version_routes();
[[nodiscard]] std::span<const openstack::PolicyRule> policies();

// All of it.
[[nodiscard]] openstack::ApiDefinition definition(app::App& app, std::string keystone_url);

}  // namespace nova::api
