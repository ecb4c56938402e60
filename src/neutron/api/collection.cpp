#include "neutron/api/collection.hpp"

#include "neutron/api/policies.hpp"

namespace neutron::api {

std::vector<AttributeRule> attribute_rules(std::string_view action, const ResourceType& type) {
  std::string prefix(action);
  prefix.append("_").append(type.singular).append(":");
  std::vector<AttributeRule> rules;
  for (const openstack::PolicyRule& rule : policies())
    if (rule.name.starts_with(prefix) &&
        find_attribute(type, rule.name.substr(prefix.size())) != nullptr)
      rules.push_back({rule.name.substr(prefix.size()), rule.name});
  return rules;
}

std::vector<std::string_view> hidden_attributes(const ApiRequest& request,
                                                const std::vector<AttributeRule>& rules) {
  const PolicyTarget own{{"project_id", request.context.project_id()}};
  std::vector<std::string_view> hidden;
  for (const AttributeRule& rule : rules)
    if (!request.policy.allows(request.context, rule.rule, own)) hidden.push_back(rule.attribute);
  return hidden;
}

}  // namespace neutron::api
