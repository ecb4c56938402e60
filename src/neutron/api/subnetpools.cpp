#include "neutron/app/subnetpools.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/app/visibility.hpp"

namespace neutron::api {
namespace {

constexpr Attribute prefix_length(std::string_view name) {
  return {.name = name,
          .post = true,
          .put = true,
          .validate = number_in<0, 128>,
          .convert = to_integer,
          .column = name,
          .kind = Kind::integer};
}

constexpr std::array kSubnetpoolAttributes{
    standard::kId,
    Attribute{.name = "name",
              .post = true,
              .put = true,
              .required = true,
              .validate = text_up_to<255>,
              .column = "name"},
    standard::kProjectId,
    Attribute{
        .name = "prefixes", .post = true, .put = true, .required = true, .validate = is_cidr_list},
    Attribute{.name = "ip_version", .column = "ip_version", .kind = Kind::integer},
    prefix_length("default_prefixlen"),
    prefix_length("min_prefixlen"),
    prefix_length("max_prefixlen"),
    Attribute{.name = "default_quota",
              .post = true,
              .put = true,
              .validate = number_in_or_null<0, 9223372036854775807>,
              .convert = to_integer},
    Attribute{.name = "address_scope_id",
              .post = true,
              .put = true,
              .validate = is_uuid_or_null,
              .column = "address_scope_id"},
    Attribute{.name = "shared",
              .post = true,
              .default_value = "false",
              .convert = to_boolean,
              .column = "shared",
              .kind = Kind::boolean},
    Attribute{.name = "is_default",
              .post = true,
              .put = true,
              .default_value = "false",
              .convert = to_boolean,
              .column = "is_default",
              .kind = Kind::boolean},
    standard::kDescription,
    standard::kTags,
    standard::kCreatedAt,
    standard::kUpdatedAt,
    standard::kRevisionNumber,
};

constexpr ResourceType kSubnetpoolType{"subnetpool",        "subnetpools", "/subnetpools",
                                       "/subnetpools/{id}", "subnetpools", kSubnetpoolAttributes};

// Neutron shows prefix lengths as text.
void write(ObjectView& view, const store::SubnetPoolRow& pool) {
  view.field("id", pool.id);
  view.field("name", pool.name);
  view.project(pool.project_id);
  view.json("prefixes", pool.prefixes);
  view.field("ip_version", pool.ip_version);
  view.field("default_prefixlen", std::to_string(pool.default_prefixlen));
  view.field("min_prefixlen", std::to_string(pool.min_prefixlen));
  view.field("max_prefixlen", std::to_string(pool.max_prefixlen));
  view.field("default_quota", pool.default_quota);
  view.text_or_null("address_scope_id", pool.address_scope_id);
  view.field("shared", pool.shared);
  view.field("is_default", pool.is_default);
  view.field("description", pool.description);
  view.json("tags", pool.tags);
  view.standard(pool);
}

bool filter_subnetpools(store::SqlFragment& where, const openstack::Context& /*context*/,
                        std::string_view name, const std::vector<std::string_view>& values) {
  return add_tag_filter(where, name, values);
}

}  // namespace

void add_subnetpools(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::SubnetPools>(
      routes,
      {.core = plugin.core,
       .service = plugin.subnetpools,
       .type = kSubnetpoolType,
       .visible = app::visible_subnetpools,
       .write = write,
       .id_of = [](const store::SubnetPoolRow& pool) -> const std::string& { return pool.id; },
       .target =
           [](ApiRequest&, const store::SubnetPoolRow& pool) {
             return PolicyTarget{{"project_id", pool.project_id}};
           },
       .create_target =
           [](ApiRequest&, const Attributes& attributes) {
             return PolicyTarget{{"project_id", app::text(attributes, "project_id")}};
           },
       .filter = filter_subnetpools,
       .authorize_more = nullptr,
       .before_list = nullptr});
}

}  // namespace neutron::api
