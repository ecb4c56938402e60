#include "openstack/actions.hpp"

#include <fmt/format.h>

#include "openstack/handlers.hpp"

namespace openstack {
namespace {

std::unique_ptr<Schema> body_schema(const ActionRule& rule) {
  if (rule.argument_schema.empty()) return nullptr;
  return std::make_unique<Schema>(
      fmt::format(R"({{"type":"object","properties":{{"{0}":{1}}},)"
                  R"("required":["{0}"],"additionalProperties":false}})",
                  rule.name, rule.argument_schema));
}

}  // namespace

ActionRules::ActionRules(std::vector<ActionRule> rules) : rules_(std::move(rules)) {
  for (const ActionRule& rule : rules_) schemas_.push_back(body_schema(rule));
}

size_t ActionRules::choose(const ApiRequest& request) const {
  if (!request.body.is_object() || request.body.get_object().size() != 1)
    bad_request("Malformed request body");
  const std::string_view name = request.body.get_object().begin()->key();
  const Microversion version = request.context.version;
  bool known = false;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].name != name) continue;
    known = true;
    if (version < rules_[i].from || version > rules_[i].until) continue;
    request.authorize(rules_[i].policy, {{"project_id", request.context.project_id()}});
    if (schemas_[i]) schemas_[i]->validate(request.body);
    return i;
  }
  if (known)
    not_found(fmt::format("API version '{}' is not supported on this method.", to_text(version)));
  bad_request(fmt::format("There is no such action: {}", name));
}

const base::Json& action_argument(const ApiRequest& request) {
  return request.body.get_object().begin()->value();
}

}  // namespace openstack
