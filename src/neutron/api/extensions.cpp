// The extensions that are really there: clients decide by them what to send and what to expect.
#include <array>

#include "neutron/api/resources.hpp"

namespace neutron::api {
namespace {

struct Extension {
  std::string_view alias;
  std::string_view name;
  std::string_view description;
  std::string_view updated;
};

constexpr std::array kExtensions{
    Extension{"address-scope", "Address scope", "Address scopes extension.",
              "2015-07-26T10:00:00-00:00"},
    Extension{"agent", "agent", "The agent management extension.", "2013-02-03T10:00:00-00:00"},
    Extension{"allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs",
              "2013-07-23T10:00:00-00:00"},
    Extension{"binding", "Port Binding",
              "Expose port bindings of a virtual port to external "
              "application",
              "2014-02-03T10:00:00-00:00"},
    Extension{"default-subnetpools", "Default Subnetpools",
              "Provides ability to mark and use a subnetpool as the default.",
              "2016-02-18T18:00:00-00:00"},
    Extension{"dhcp_agent_scheduler", "DHCP Agent Scheduler", "Schedule networks among dhcp agents",
              "2013-02-07T10:00:00-00:00"},
    Extension{"external-net", "Neutron external network",
              "Adds external network attribute to "
              "network resource.",
              "2013-01-14T10:00:00-00:00"},
    Extension{"extra_dhcp_opt", "Neutron Extra DHCP options",
              "Extra options configuration for DHCP. For example PXE boot options to DHCP clients "
              "can be specified (e.g. tftp-server, server-ip-address, bootfile-name)",
              "2013-03-17T12:00:00-00:00"},
    Extension{"filter-validation", "Filter parameters validation",
              "Provides validation on filter parameters.", "2018-03-21T10:00:00-00:00"},
    Extension{"ip-substring-filtering", "IP address substring filtering",
              "Provides IP address substring filtering when listing ports",
              "2017-11-28T09:00:00-00:00"},
    Extension{"net-mtu", "Network MTU", "Provides MTU attribute for a network resource.",
              "2015-03-25T10:00:00-00:00"},
    Extension{"net-mtu-writable", "Network MTU (writable)",
              "Provides a writable MTU attribute for a network resource.",
              "2017-07-12T00:00:00-00:00"},
    Extension{"network-ip-availability", "Network IP Availability",
              "Provides IP availability data for each network and subnet.",
              "2015-09-24T00:00:00-00:00"},
    Extension{"pagination", "Pagination support",
              "Extension that indicates that pagination is "
              "enabled.",
              "2016-06-12T00:00:00-00:00"},
    Extension{"port-security", "Port Security", "Provides port security",
              "2012-07-23T10:00:00-00:00"},
    Extension{"project-id", "project_id field enabled",
              "Extension that indicates that project_id field is enabled.",
              "2016-09-09T09:09:09-09:09"},
    Extension{"provider", "Provider Network",
              "Expose mapping of virtual networks to physical "
              "networks",
              "2012-09-07T10:00:00-00:00"},
    Extension{"quota_details", "Quota details management support",
              "Expose functions for quotas usage statistics per project",
              "2017-02-10T10:00:00-00:00"},
    Extension{"quotas", "Quota management support",
              "Expose functions for quotas management per "
              "project",
              "2012-07-29T10:00:00-00:00"},
    Extension{"rbac-address-scope", "Add address_scope type to RBAC",
              "Add address_scope type to network RBAC", "2020-04-27T00:00:00-00:00"},
    Extension{"rbac-policies", "RBAC Policies",
              "Allows creation and modification of policies that "
              "control project access to resources.",
              "2015-06-17T12:15:12-00:00"},
    Extension{"rbac-security-groups", "Add security_group type to network RBAC",
              "Add security_group type to network RBAC", "2019-06-01T00:00:00-00:00"},
    Extension{"rbac-subnetpool", "Add subnetpool type to RBAC", "Add subnetpool type to RBAC",
              "2020-04-27T00:00:00-00:00"},
    Extension{"revision-if-match", "If-Match constraints based on revision_number",
              "Extension indicating that If-Match based on revision_number is supported.",
              "2016-12-11T00:00:00-00:00"},
    Extension{"security-group", "security-group", "The security groups extension.",
              "2012-10-05T10:00:00-00:00"},
    Extension{"security-groups-normalized-cidr", "Normalized CIDR field for security group rules",
              "Add new field with normalized cidr value of the CIDR", "2019-07-18T00:00:00-00:00"},
    Extension{"security-groups-shared-filtering", "Security group filtering on the shared field",
              "Support filtering security groups on the shared field", "2021-10-05T09:00:00-00:00"},
    Extension{"service-type", "Neutron Service Type Management",
              "API for retrieving service providers for Neutron advanced services",
              "2013-01-20T00:00:00-00:00"},
    Extension{"sorting", "Sorting support", "Extension that indicates that sorting is enabled.",
              "2016-06-12T00:00:00-00:00"},
    Extension{"standard-attr-description", "standard-attr-description",
              "Extension to add descriptions to standard attributes", "2016-02-10T10:00:00-00:00"},
    Extension{"standard-attr-revisions", "Resource revision numbers",
              "This extension will display the revision number of neutron resources.",
              "2016-04-11T10:00:00-00:00"},
    Extension{"standard-attr-tag",
              "Tag support for resources with standard attribute: subnet, "
              "port, subnetpool, network, security_group",
              "Enables to set tag on resources with standard attribute.",
              "2017-01-01T00:00:00-00:00"},
    Extension{"standard-attr-timestamp", "Resource timestamps",
              "Adds created_at and updated_at fields to all Neutron resources that have Neutron "
              "standard attributes.",
              "2016-09-12T10:00:00-00:00"},
    Extension{"subnet-service-types", "Subnet service types",
              "Provides ability to set the subnet service_types field",
              "2016-03-15T18:00:00-00:00"},
    Extension{"subnet_allocation", "Subnet Allocation",
              "Enables allocation of subnets from a "
              "subnet pool",
              "2015-03-30T10:00:00-00:00"},
    Extension{"tag", "Tag support", "Enables to set tag on resources.",
              "2016-01-01T00:00:00-00:00"},
};

void write(base::JsonWriter& writer, const Extension& extension) {
  writer.begin_object();
  writer.field("name", extension.name);
  writer.field("alias", extension.alias);
  writer.field("description", extension.description);
  writer.field("updated", extension.updated);
  writer.key("links");
  writer.begin_array();
  writer.end_array();
  writer.end_object();
}

Response list_extensions(ApiRequest& /*request*/) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.key("extensions");
  writer.begin_array();
  for (const Extension& extension : kExtensions) write(writer, extension);
  writer.end_array();
  writer.end_object();
  return openstack::json_response(200, writer.take());
}

Response show_extension(ApiRequest& request) {
  for (const Extension& extension : kExtensions) {
    if (extension.alias != request.parameter("alias")) continue;
    base::JsonWriter writer;
    writer.begin_object();
    writer.key("extension");
    write(writer, extension);
    writer.end_object();
    return openstack::json_response(200, writer.take());
  }
  throw app::error(base::ErrorKind::not_found, "ExtensionNotFound",
                   "Extension with alias {} does not exist", request.parameter("alias"));
}

}  // namespace

void add_extensions(openstack::Routes& routes) {
  routes.push_back({"GET", "/extensions", "rule_reader", list_extensions});
  routes.push_back({"GET", "/extensions/{alias}", "rule_reader", show_extension});
  // None are built: the truth is an empty list.
  routes.push_back({"GET", "/service-providers", "rule_reader", [](ApiRequest&) {
                      return openstack::json_response(200, R"({"service_providers":[]})");
                    }});
}

}  // namespace neutron::api
