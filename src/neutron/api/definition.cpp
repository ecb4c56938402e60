#include "neutron/api/policies.hpp"
#include "neutron/api/resources.hpp"

namespace neutron::api {
namespace {

constexpr std::array<std::string_view, 8> kCollections{
    "networks",    "subnets",        "ports",         "security-groups",
    "subnetpools", "address-scopes", "rbac-policies", "security-group-rules"};

std::string base_url(const ApiRequest& request) {
  return platform::http::origin(request.http, "127.0.0.1:9696");
}

void write_link(base::JsonWriter& writer, const std::string& href) {
  writer.key("links");
  writer.begin_array();
  writer.begin_object();
  writer.field("rel", "self");
  writer.field("href", href);
  writer.end_object();
  writer.end_array();
}

Response list_versions(ApiRequest& request) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("versions");
  writer.begin_array();
  writer.begin_object();
  writer.field("id", "v2.0");
  writer.field("status", "CURRENT");
  write_link(writer, base_url(request) + "/v2.0/");
  writer.end_object();
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response list_collections(ApiRequest& request) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("resources");
  writer.begin_array();
  for (const std::string_view collection : kCollections) {
    std::string name(collection);
    std::replace(name.begin(), name.end(), '-', '_');
    writer.begin_object();
    writer.field("name", name == "rbac_policies" ? "rbac_policy" : name.substr(0, name.size() - 1));
    writer.field("collection", name);
    write_link(writer, base_url(request) + "/v2.0/" + std::string(collection));
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

}  // namespace

void add_versions(openstack::Routes& public_routes) {
  public_routes.push_back({"GET", "/", openstack::kPublic, list_versions});
  public_routes.push_back({"GET", "/v2.0", openstack::kPublic, list_collections});
}

openstack::ApiDefinition make_definition(Plugin& plugin, const std::string& keystone_url) {
  openstack::ApiDefinition definition;
  definition.role = "neutron-server";
  definition.errors = openstack::ErrorStyle::neutron;
  definition.prefix = "/v2.0";
  definition.policies = policies();
  definition.keystone_url = keystone_url;
  add_networks(definition.routes, plugin);
  add_subnets(definition.routes, plugin);
  add_ports(definition.routes, plugin);
  add_security_groups(definition.routes, plugin);
  add_security_group_rules(definition.routes, plugin);
  add_subnetpools(definition.routes, plugin);
  add_address_scopes(definition.routes, plugin);
  add_rbac_policies(definition.routes, plugin);
  add_agents(definition.routes, plugin);
  add_dhcp_scheduling(definition.routes, plugin);
  add_quotas(definition.routes, plugin);
  add_tags(definition.routes, plugin);
  add_availability(definition.routes, plugin);
  add_extensions(definition.routes);
  add_versions(definition.public_routes);
  return definition;
}

}  // namespace neutron::api
