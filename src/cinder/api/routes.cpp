#include "cinder/api/routes.hpp"

namespace cinder::api {

openstack::ApiDefinition definition(app::App& app, std::string keystone_url) {
  openstack::ApiDefinition api;
  api.role = "cinder-api";
  api.errors = openstack::ErrorStyle::nova;
  api.prefix = "/v3";
  api.project_in_path = true;
  for (const auto rows : {volume_routes,
                          volume_action_routes,
                          volume_metadata_routes,
                          attachment_routes,
                          snapshot_routes,
                          snapshot_metadata_routes,
                          volume_type_routes,
                          volume_type_access_routes,
                          volume_type_extra_spec_routes,
                          volume_type_encryption_routes,
                          qos_specs_routes,
                          group_type_routes,
                          group_type_spec_routes,
                          group_routes,
                          group_snapshot_routes,
                          transfer_routes,
                          message_routes,
                          manage_routes,
                          manageable_routes,
                          resource_filter_routes,
                          quota_routes,
                          limit_routes,
                          service_routes,
                          cluster_routes,
                          pool_routes,
                          extension_routes,
                          unbuilt_routes})
    append(api.routes, rows(app));
  api.public_routes = version_routes();
  api.microversions = {kFirst, kLatest, "volume", ""};
  api.policies = policies();
  api.keystone_url = std::move(keystone_url);
  return api;
}

}  // namespace cinder::api
