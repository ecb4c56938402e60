#include "nova/api/routes.hpp"

namespace nova::api {

openstack::ApiDefinition definition(app::App& app, std::string keystone_url) {
  openstack::ApiDefinition api;
  api.role = "nova-api";
  api.errors = openstack::ErrorStyle::nova;
  api.prefix = "/v2.1";
  api.project_in_path = true;
  for (const auto rows : {server_routes,
                          server_action_routes,
                          server_metadata_routes,
                          server_tag_routes,
                          server_address_routes,
                          server_volume_routes,
                          instance_action_routes,
                          flavor_routes,
                          flavor_extra_spec_routes,
                          flavor_access_routes,
                          keypair_routes,
                          limit_routes,
                          quota_routes,
                          quota_class_routes,
                          hypervisor_routes,
                          service_routes,
                          availability_zone_routes,
                          aggregate_routes,
                          server_group_routes,
                          extension_routes,
                          tenant_usage_routes,
                          external_event_routes,
                          proxy_routes,
                          volume_proxy_routes,
                          image_routes,
                          host_routes,
                          usage_audit_log_routes,
                          empty_resource_routes})
    append(api.routes, rows(app));
  api.public_routes = version_routes();
  api.microversions = {kFirst, kLatest, "compute", "X-OpenStack-Nova-API-Version"};
  api.policies = policies();
  api.keystone_url = std::move(keystone_url);
  return api;
}

}  // namespace nova::api
