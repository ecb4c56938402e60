#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/app/subnetpools.hpp"
#include "neutron/app/visibility.hpp"

namespace neutron::api {
namespace {

std::optional<std::string> is_ip_version(const base::Json& value) {
  return is_one_of(value, {"4", "6"});
}

constexpr std::array kAddressScopeAttributes{
    standard::kId,
    standard::kName,
    standard::kProjectId,
    Attribute{.name = "ip_version",
              .post = true,
              .required = true,
              .validate = is_ip_version,
              .convert = to_integer,
              .column = "ip_version",
              .kind = Kind::integer},
    Attribute{.name = "shared",
              .post = true,
              .put = true,
              .default_value = "false",
              .convert = to_boolean,
              .column = "shared",
              .kind = Kind::boolean},
};

constexpr ResourceType kAddressScopeType{"address_scope",   "address_scopes",
                                         "/address-scopes", "/address-scopes/{id}",
                                         "address_scopes",  kAddressScopeAttributes};

void write(ObjectView& view, const store::AddressScopeRow& scope) {
  view.field("id", scope.id);
  view.field("name", scope.name);
  view.project(scope.project_id);
  view.field("ip_version", scope.ip_version);
  view.field("shared", scope.shared);
}

}  // namespace

void add_address_scopes(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::AddressScopes>(
      routes,
      {.core = plugin.core,
       .service = plugin.address_scopes,
       .type = kAddressScopeType,
       .visible = app::visible_address_scopes,
       .write = write,
       .id_of = [](const store::AddressScopeRow& scope) -> const std::string& { return scope.id; },
       .target =
           [](ApiRequest&, const store::AddressScopeRow& scope) {
             return PolicyTarget{{"project_id", scope.project_id}};
           },
       .create_target =
           [](ApiRequest&, const Attributes& attributes) {
             return PolicyTarget{{"project_id", app::text(attributes, "project_id")}};
           },
       .filter = nullptr,
       .authorize_more = nullptr,
       .before_list = nullptr});
}

}  // namespace neutron::api
