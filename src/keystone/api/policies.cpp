// /policies: documents that Keystone keeps for other services.
#include "keystone/api/common.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/app/crud.hpp"
#include "keystone/store/delegation.hpp"

namespace keystone::api {
namespace {

using store::PolicyDocument;

constexpr std::string_view kType = R"({"type":"string","maxLength":255})";

const Schema& policy_create() {
  static const Schema schema =
      entity_schema("policy", {{"blob", kText}, {"type", kType}}, {"blob", "type"});
  return schema;
}
const Schema& policy_update() {
  static const Schema schema = entity_schema("policy", {{"blob", kText}, {"type", kType}}, {}, 1);
  return schema;
}

void apply(const Json& body, PolicyDocument& policy) {
  take(body, "blob", policy.content);
  take(body, "type", policy.type);
  take_extra(body, {"blob", "type"}, policy.extra);
}

JsonObject policy_view(const PolicyDocument& policy, const std::string& base) {
  JsonObject view = start_view(policy.extra, base + "/policies/" + policy.id);
  view["id"] = policy.id;
  view["type"] = policy.type;
  view["blob"] = policy.content;
  return view;
}

Response policy_response(Core& core, const ApiRequest& request, int status,
                         const PolicyDocument& policy) {
  return entity_response(status, "policy", policy_view(policy, url_base(core, request)));
}

Response list_policies(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal_if("type", text_filter(request, "type"));
  return list_response(core, request, "policies", app::list_rows<PolicyDocument>(core, where),
                       policy_view);
}

Response show_policy(Core& core, ApiRequest& request) {
  return policy_response(core, request, 200,
                         app::get_row<PolicyDocument>(core, request.parameter("policy_id")));
}

Response create_policy(Core& core, ApiRequest& request) {
  PolicyDocument policy;
  apply(entity_of(request, "policy"), policy);
  return policy_response(core, request, 201, app::create_row(core, policy));
}

Response update_policy(Core& core, ApiRequest& request) {
  const Json& body = entity_of(request, "policy");
  return policy_response(
      core, request, 200,
      app::update_row<PolicyDocument>(core, request.parameter("policy_id"),
                                      [&](PolicyDocument& policy) { apply(body, policy); }));
}

Response remove_policy(Core& core, ApiRequest& request) {
  app::delete_row<PolicyDocument>(core, request.parameter("policy_id"));
  return openstack::empty_response(204);
}

}  // namespace

Routes policies_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kOne = "/policies/{policy_id}";
  return {
      {"GET", "/policies", "identity:list_policies", on(list_policies)},
      {"POST", "/policies", "identity:create_policy", on(create_policy), &policy_create()},
      {"GET", kOne, "identity:get_policy", on(show_policy)},
      {"PATCH", kOne, "identity:update_policy", on(update_policy), &policy_update()},
      {"DELETE", kOne, "identity:delete_policy", on(remove_policy)},
  };
}

}  // namespace keystone::api
