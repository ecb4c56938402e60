#include "neutron/app/rbac_policies.hpp"

#include "neutron/api/resources.hpp"
#include "neutron/api/standard_attributes.hpp"
#include "neutron/api/validators.hpp"
#include "neutron/app/visibility.hpp"

namespace neutron::api {
namespace {

constexpr std::array kRbacPolicyAttributes{
    standard::kId,
    standard::kProjectId,
    Attribute{.name = "object_type",
              .post = true,
              .required = true,
              .validate = text_up_to<255>,
              .column = "object_type"},
    Attribute{.name = "object_id",
              .post = true,
              .required = true,
              .validate = is_uuid,
              .column = "object_id"},
    Attribute{.name = "action",
              .post = true,
              .required = true,
              .validate = text_up_to<255>,
              .column = "action"},
    Attribute{.name = "target_tenant",
              .post = true,
              .put = true,
              .required = true,
              .validate = text_up_to<255>,
              .column = "target_project"},
};

constexpr ResourceType kRbacPolicyType{"rbac_policy",    "rbac_policies",
                                       "/rbac-policies", "/rbac-policies/{id}",
                                       "rbac_policies",  kRbacPolicyAttributes};

void write(ObjectView& view, const store::RbacPolicyRow& policy) {
  view.field("id", policy.id);
  view.project(policy.project_id);
  view.field("object_type", policy.object_type);
  view.field("object_id", policy.object_id);
  view.field("action", policy.action);
  view.field("target_tenant", policy.target_project);
}

void authorize_more_rbac_policy(ApiRequest& request, std::string_view action,
                                const Attributes& attributes, const PolicyTarget& target) {
  const bool wildcard = app::text(attributes, "target_tenant") == store::kAnyProject ||
                        app::text(attributes, "action") == store::kAccessAsExternal;
  if (wildcard)
    request.authorize(
        action == "create" ? "create_rbac_policy:wildcard" : "update_rbac_policy:wildcard", target);
}

}  // namespace

void add_rbac_policies(openstack::Routes& routes, Plugin& plugin) {
  add_routes<app::RbacPolicies>(
      routes,
      {.core = plugin.core,
       .service = plugin.rbac_policies,
       .type = kRbacPolicyType,
       .visible = app::visible_rbac_policies,
       .write = write,
       .id_of = [](const store::RbacPolicyRow& policy) -> const std::string& { return policy.id; },
       .target =
           [](ApiRequest&, const store::RbacPolicyRow& policy) {
             return PolicyTarget{{"project_id", policy.project_id}};
           },
       .create_target =
           [](ApiRequest&, const Attributes& attributes) {
             return PolicyTarget{{"project_id", app::text(attributes, "project_id")}};
           },
       .filter = nullptr,
       .authorize_more = authorize_more_rbac_policy,
       .before_list = nullptr});
}

}  // namespace neutron::api
