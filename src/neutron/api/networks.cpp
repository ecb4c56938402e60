#include "neutron/app/networks.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/app/visibility.hpp"
#include "neutron/store/rbac_policies.hpp"

namespace neutron::api {
namespace {

constexpr std::array kNetworkAttributes{
    standard::kId,
    standard::kName,
    standard::kProjectId,
    Attribute{.name = "admin_state_up",
              .post = true,
              .put = true,
              .default_value = "true",
              .convert = to_boolean,
              .column = "admin_state_up",
              .kind = Kind::boolean},
    Attribute{.name = "status", .column = "status"},
    Attribute{.name = "subnets"},
    Attribute{.name = "shared",
              .post = true,
              .put = true,
              .default_value = "false",
              .convert = to_boolean},
    Attribute{.name = "router:external",
              .post = true,
              .put = true,
              .default_value = "false",
              .convert = to_boolean},
    Attribute{.name = "is_default",
              .post = true,
              .put = true,
              .default_value = "false",
              .convert = to_boolean,
              .column = "is_default",
              .kind = Kind::boolean},
    Attribute{.name = "mtu",
              .post = true,
              .put = true,
              .default_value = "0",
              .validate = number_in<0, 2147483647>,
              .convert = to_integer,
              .column = "mtu",
              .kind = Kind::integer},
    Attribute{.name = "port_security_enabled",
              .post = true,
              .put = true,
              .default_value = "true",
              .convert = to_boolean,
              .column = "port_security_enabled",
              .kind = Kind::boolean},
    Attribute{.name = "provider:network_type",
              .post = true,
              .put = true,
              .validate = text_up_to_or_null<32>},
    Attribute{.name = "provider:physical_network",
              .post = true,
              .put = true,
              .validate = text_up_to_or_null<64>},
    Attribute{.name = "provider:segmentation_id",
              .post = true,
              .put = true,
              .validate = number_in_or_null<0, 2147483647>,
              .convert = to_integer},
    standard::kDescription,
    Attribute{.name = "ipv4_address_scope"},
    Attribute{.name = "ipv6_address_scope"},
    standard::kTags,
    standard::kCreatedAt,
    standard::kUpdatedAt,
    standard::kRevisionNumber,
};

constexpr ResourceType kNetworkType{"network",        "networks", "/networks",
                                    "/networks/{id}", "networks", kNetworkAttributes};

void write(ObjectView& view, const store::Network& network) {
  const store::NetworkRow& row = network.row;
  view.field("id", row.id);
  view.field("name", row.name);
  view.project(row.project_id);
  view.field("admin_state_up", row.admin_state_up);
  view.field("mtu", row.mtu);
  view.field("status", row.status);
  view.field("subnets", network.subnets);
  view.field("shared", network.shared);
  view.field("router:external", network.external);
  view.field("is_default", row.is_default);
  view.field("port_security_enabled", row.port_security_enabled);
  view.field("provider:network_type", network.segment.network_type);
  view.text_or_null("provider:physical_network", network.segment.physical_network);
  view.custom("provider:segmentation_id", [&](base::JsonWriter& writer) {
    const auto& id = network.segment.segmentation_id;
    id && *id > 0 ? writer.value(*id) : writer.value(nullptr);
  });
  view.text_or_null("ipv4_address_scope", network.ipv4_address_scope);
  view.text_or_null("ipv6_address_scope", network.ipv6_address_scope);
  view.field("description", row.description);
  view.json("tags", row.tags);
  view.standard(row);
}

// "id [NOT] IN (granted with this action)".
void add_grant_filter(store::SqlFragment& where, const openstack::Context& context,
                      std::string_view action, std::string_view value) {
  const bool wanted = read_boolean(value);
  store::add_condition(
      where,
      std::string(wanted ? "id IN (" : "id NOT IN (") + store::granted_ids("network", action) + ")",
      {context.project_id(), store::kAnyProject});
}

bool filter_networks(store::SqlFragment& where, const openstack::Context& context,
                     std::string_view name, const std::vector<std::string_view>& values) {
  if (add_tag_filter(where, name, values)) return true;
  if (name == "shared") {
    add_grant_filter(where, context, store::kAccessAsShared, values.front());
    return true;
  }
  if (name == "router:external") {
    add_grant_filter(where, context, store::kAccessAsExternal, values.front());
    return true;
  }
  constexpr std::string_view kProvider = "provider:";
  if (!name.starts_with(kProvider)) return false;
  const std::string_view column = name.substr(kProvider.size());
  if (column != "network_type" && column != "physical_network" && column != "segmentation_id")
    return false;
  platform::SqlValues texts;
  for (const std::string_view value : values) texts.emplace_back(value);
  store::SqlFragment inner;
  store::add_in(inner, column == "segmentation_id" ? "CAST(segmentation_id AS CHAR)" : column,
                std::move(texts));
  store::add_condition(
      where, "id IN (SELECT network_id FROM network_segments WHERE 1=1" + inner.text + ")",
      inner.values);
  return true;
}

}  // namespace

void add_networks(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::Networks>(
      routes,
      {.core = plugin.core,
       .service = plugin.networks,
       .type = kNetworkType,
       .visible = app::visible_networks,
       .write = write,
       .id_of = [](const store::Network& network) -> const std::string& { return network.row.id; },
       .target =
           [](ApiRequest&, const store::Network& network) {
             return PolicyTarget{{"project_id", network.row.project_id}};
           },
       .create_target =
           [](ApiRequest&, const Attributes& attributes) {
             return PolicyTarget{{"project_id", app::text(attributes, "project_id")}};
           },
       .filter = filter_networks,
       .authorize_more = nullptr,
       .before_list = nullptr});
}

}  // namespace neutron::api
