#include "neutron/app/ports.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/app/ipam.hpp"
#include "neutron/app/visibility.hpp"

namespace neutron::api {
namespace {

std::optional<std::string> is_vnic_type(const base::Json& value) {
  return is_one_of(value, {"normal", "direct", "macvtap", "baremetal", "direct-physical",
                           "virtio-forwarder", "smart-nic", "vdpa", "accelerator-direct",
                           "accelerator-direct-physical", "remote-managed"});
}

constexpr std::array kPortAttributes{
    standard::kId,
    standard::kName,
    standard::kProjectId,
    Attribute{.name = "network_id",
              .post = true,
              .required = true,
              .validate = is_uuid,
              .column = "network_id"},
    Attribute{.name = "admin_state_up",
              .post = true,
              .put = true,
              .default_value = "true",
              .convert = to_boolean,
              .column = "admin_state_up",
              .kind = Kind::boolean},
    Attribute{.name = "mac_address",
              .post = true,
              .put = true,
              .validate = is_mac,
              .convert = to_canonical_mac,
              .column = "mac_address"},
    Attribute{.name = "fixed_ips",
              .post = true,
              .put = true,
              .validate = is_fixed_ip_list,
              .convert = null_to_empty_list},
    Attribute{.name = "device_id",
              .post = true,
              .put = true,
              .default_value = R"("")",
              .validate = text_up_to_or_null<255>,
              .convert = null_to_empty_text,
              .column = "device_id"},
    Attribute{.name = "device_owner",
              .post = true,
              .put = true,
              .default_value = R"("")",
              .validate = text_up_to_or_null<255>,
              .convert = null_to_empty_text,
              .column = "device_owner"},
    Attribute{.name = "status", .column = "status"},
    Attribute{.name = "security_groups",
              .post = true,
              .put = true,
              .validate = is_uuid_list,
              .convert = null_to_empty_list},
    Attribute{.name = "port_security_enabled",
              .post = true,
              .put = true,
              .convert = to_boolean,
              .column = "port_security_enabled",
              .kind = Kind::boolean},
    Attribute{.name = "allowed_address_pairs",
              .post = true,
              .put = true,
              .default_value = "[]",
              .validate = is_address_pair_list,
              .convert = null_to_empty_list},
    Attribute{
        .name = "extra_dhcp_opts", .post = true, .put = true, .validate = is_dhcp_option_list},
    Attribute{.name = "binding:host_id",
              .post = true,
              .put = true,
              .validate = text_up_to_or_null<255>,
              .convert = null_to_empty_text,
              .column = "host"},
    Attribute{.name = "binding:vnic_type",
              .post = true,
              .put = true,
              .default_value = R"("normal")",
              .validate = is_vnic_type,
              .column = "vnic_type"},
    Attribute{.name = "binding:profile", .post = true, .put = true, .validate = is_object_or_null},
    Attribute{.name = "binding:vif_type", .column = "vif_type"},
    Attribute{.name = "binding:vif_details"},
    standard::kDescription,
    standard::kTags,
    standard::kCreatedAt,
    standard::kUpdatedAt,
    standard::kRevisionNumber,
};

constexpr ResourceType kPortType{"port",        "ports", "/ports",
                                 "/ports/{id}", "ports", kPortAttributes};

void write_fixed_ips(base::JsonWriter& writer, const std::vector<store::AllocationRow>& rows) {
  writer.begin_array();
  for (const auto& row : rows) {
    writer.begin_object();
    writer.field("subnet_id", row.subnet_id);
    writer.field("ip_address", row.ip_address);
    writer.end_object();
  }
  writer.end_array();
}

void write(ObjectView& view, const store::Port& port) {
  const store::PortRow& row = port.row;
  view.field("id", row.id);
  view.field("name", row.name);
  view.field("network_id", row.network_id);
  view.project(row.project_id);
  view.field("mac_address", row.mac_address);
  view.field("admin_state_up", row.admin_state_up);
  view.field("status", row.status);
  view.field("device_id", row.device_id);
  view.field("device_owner", row.device_owner);
  view.custom("fixed_ips",
              [&](base::JsonWriter& writer) { write_fixed_ips(writer, port.fixed_ips); });
  view.json("allowed_address_pairs", row.allowed_address_pairs);
  view.json("extra_dhcp_opts", row.extra_dhcp_opts);
  view.field("security_groups", port.security_groups);
  view.field("description", row.description);
  view.field("binding:vnic_type", row.vnic_type);
  view.json("binding:profile", row.profile);
  view.field("binding:host_id", row.host);
  view.field("binding:vif_type", row.vif_type);
  view.json("binding:vif_details", row.vif_details);
  view.field("port_security_enabled", row.port_security_enabled);
  view.json("tags", row.tags);
  view.standard(row);
}

// fixed_ips=ip_address=10.0.0.5, =subnet_id=..., =ip_address_substr=.5: values of the same key are
// alternatives, different keys must all hold.
void add_fixed_ips_filter(store::SqlFragment& where, const std::vector<std::string_view>& values) {
  std::map<std::string_view, std::vector<std::string_view>> by_key;
  for (const std::string_view value : values) {
    const size_t equals = value.find('=');
    if (equals == std::string_view::npos)
      throw app::bad_request("HTTPBadRequest",
                             "Invalid input for fixed_ips. Reason: '{}' is no key=value.", value);
    by_key[value.substr(0, equals)].push_back(value.substr(equals + 1));
  }
  for (const auto& [key, wanted] : by_key) {
    store::SqlFragment inner;
    platform::SqlValues texts;
    for (const std::string_view text : wanted) texts.emplace_back(text);
    if (key == "ip_address_substr") {
      std::string condition;
      for (size_t i = 0; i < wanted.size(); ++i)
        condition += std::string(i == 0 ? "" : " OR ") + "INSTR(ip_address, ?) > 0";
      store::add_condition(inner, "(" + condition + ")", std::move(texts));
    } else if (key == "ip_address" || key == "subnet_id") {
      store::add_in(inner, key, std::move(texts));
    } else {
      throw app::bad_request("HTTPBadRequest", "['{}'] is invalid attribute for filtering", key);
    }
    store::add_condition(where,
                         "id IN (SELECT port_id FROM ip_allocations WHERE 1=1" + inner.text + ")",
                         inner.values);
  }
}

bool filter_ports(store::SqlFragment& where, const openstack::Context& /*context*/,
                  std::string_view name, const std::vector<std::string_view>& values) {
  if (add_tag_filter(where, name, values)) return true;
  if (name == "fixed_ips") {
    add_fixed_ips_filter(where, values);
    return true;
  }
  if (name != "security_groups" && name != "security_group_id") return false;
  platform::SqlValues ids;
  for (const std::string_view value : values) ids.emplace_back(value);
  store::SqlFragment inner;
  store::add_in(inner, "security_group_id", std::move(ids));
  store::add_condition(
      where, "id IN (SELECT port_id FROM port_security_groups WHERE 1=1" + inner.text + ")",
      inner.values);
  return true;
}

// Rights that depend on what is in an attribute.
void authorize_more_port(ApiRequest& request, std::string_view action, const Attributes& attributes,
                         const PolicyTarget& target) {
  const bool create = action == "create";
  for (const auto& entry : app::address_requests(attributes))
    if (!entry.ip_address.empty())
      request.authorize(
          create ? "create_port:fixed_ips:ip_address" : "update_port:fixed_ips:ip_address", target);
  if (app::text(attributes, "device_owner").starts_with("network:"))
    request.authorize(
        create ? "create_port:device_owner:network" : "update_port:device_owner:network", target);
}

}  // namespace

void add_ports(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::Ports>(
      routes, {.core = plugin.core,
               .service = plugin.ports,
               .type = kPortType,
               .visible = app::visible_ports,
               .write = write,
               .id_of = [](const store::Port& port) -> const std::string& { return port.row.id; },
               .target =
                   [&plugin](ApiRequest&, const store::Port& port) {
                     return PolicyTarget{{"project_id", port.row.project_id},
                                         {"network_project_id",
                                          app::owner_of_network(plugin.core, port.row.network_id)}};
                   },
               .create_target =
                   [&plugin](ApiRequest& request, const Attributes& attributes) {
                     const auto network = plugin.networks.get_row(
                         request.context, app::text(attributes, "network_id"));
                     return PolicyTarget{{"project_id", app::text(attributes, "project_id")},
                                         {"network_project_id", network.project_id}};
                   },
               .filter = filter_ports,
               .authorize_more = authorize_more_port,
               .before_list = nullptr});
}

}  // namespace neutron::api
