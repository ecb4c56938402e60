#include "neutron/app/subnets.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::api {
namespace {

std::optional<std::string> is_ip_version(const base::Json& value) {
  return is_one_of(value, {"4", "6"});
}

std::optional<std::string> is_ipv6_mode(const base::Json& value) {
  if (value.is_null()) return std::nullopt;
  return is_one_of(value, {"dhcpv6-stateful", "dhcpv6-stateless", "slaac"});
}

constexpr std::array kSubnetAttributes{
    standard::kId,
    standard::kName,
    standard::kProjectId,
    Attribute{.name = "network_id",
              .post = true,
              .required = true,
              .validate = is_uuid,
              .column = "network_id"},
    Attribute{.name = "ip_version",
              .post = true,
              .validate = is_ip_version,
              .convert = to_integer,
              .column = "ip_version",
              .kind = Kind::integer},
    Attribute{.name = "cidr", .post = true, .validate = is_cidr_or_null, .column = "cidr"},
    Attribute{.name = "gateway_ip",
              .post = true,
              .put = true,
              .validate = is_ip_or_null,
              .column = "gateway_ip"},
    Attribute{.name = "enable_dhcp",
              .post = true,
              .put = true,
              .default_value = "true",
              .convert = to_boolean,
              .column = "enable_dhcp",
              .kind = Kind::boolean},
    Attribute{
        .name = "ipv6_ra_mode", .post = true, .validate = is_ipv6_mode, .column = "ipv6_ra_mode"},
    Attribute{.name = "ipv6_address_mode",
              .post = true,
              .validate = is_ipv6_mode,
              .column = "ipv6_address_mode"},
    Attribute{.name = "allocation_pools", .post = true, .put = true, .validate = is_pool_list},
    Attribute{.name = "dns_nameservers",
              .post = true,
              .put = true,
              .default_value = "[]",
              .validate = is_nameserver_list,
              .convert = null_to_empty_list},
    Attribute{.name = "host_routes",
              .post = true,
              .put = true,
              .default_value = "[]",
              .validate = is_route_list,
              .convert = null_to_empty_list},
    Attribute{.name = "service_types",
              .post = true,
              .put = true,
              .default_value = "[]",
              .validate = is_text_list},
    Attribute{.name = "subnetpool_id",
              .post = true,
              .validate = is_uuid_or_null,
              .column = "subnetpool_id"},
    Attribute{.name = "use_default_subnetpool", .post = true, .convert = to_boolean},
    Attribute{
        .name = "prefixlen", .post = true, .validate = number_in<0, 128>, .convert = to_integer},
    standard::kDescription,
    standard::kTags,
    standard::kCreatedAt,
    standard::kUpdatedAt,
    standard::kRevisionNumber,
};

constexpr ResourceType kSubnetType{"subnet",        "subnets", "/subnets",
                                   "/subnets/{id}", "subnets", kSubnetAttributes};

void write(ObjectView& view, const store::SubnetRow& row) {
  view.field("id", row.id);
  view.field("name", row.name);
  view.project(row.project_id);
  view.field("network_id", row.network_id);
  view.field("ip_version", row.ip_version);
  view.field("enable_dhcp", row.enable_dhcp);
  view.text_or_null("ipv6_ra_mode", row.ipv6_ra_mode);
  view.text_or_null("ipv6_address_mode", row.ipv6_address_mode);
  view.text_or_null("gateway_ip", row.gateway_ip);
  view.field("cidr", row.cidr);
  view.json("allocation_pools", row.allocation_pools);
  view.json("host_routes", row.host_routes);
  view.json("dns_nameservers", row.dns_nameservers);
  view.json("service_types", row.service_types);
  view.text_or_null("subnetpool_id", row.subnetpool_id);
  view.field("description", row.description);
  view.json("tags", row.tags);
  view.standard(row);
}

bool filter_subnets(store::SqlFragment& where, const openstack::Context& context,
                    std::string_view name, const std::vector<std::string_view>& values) {
  if (add_tag_filter(where, name, values)) return true;
  if (name != "shared") return false;
  store::add_condition(where,
                       std::string(read_boolean(values.front()) ? "" : "NOT ") + "network_id IN (" +
                           store::granted_ids("network", store::kAccessAsShared) + ")",
                       {context.project_id(), store::kAnyProject});
  return true;
}

}  // namespace

void add_subnets(openstack::Routes& routes, Plugin& plugin) {
  const auto with_network = [&plugin](ApiRequest& request, const std::string& project_id,
                                      const std::string& network_id) {
    const auto network = plugin.networks.get_row(request.context, network_id);
    return PolicyTarget{{"project_id", project_id}, {"network_project_id", network.project_id}};
  };
  add_routes<app::Subnets>(
      routes, {.core = plugin.core,
               .service = plugin.subnets,
               .type = kSubnetType,
               .visible = app::visible_subnets,
               .write = write,
               .id_of = [](const store::SubnetRow& row) -> const std::string& { return row.id; },
               .target =
                   [with_network](ApiRequest& request, const store::SubnetRow& row) {
                     return with_network(request, row.project_id, row.network_id);
                   },
               .create_target =
                   [with_network](ApiRequest& request, const Attributes& attributes) {
                     return with_network(request, app::text(attributes, "project_id"),
                                         app::text(attributes, "network_id"));
                   },
               .filter = filter_subnets,
               .authorize_more = nullptr,
               .before_list = nullptr});
}

}  // namespace neutron::api
