#include "openstack/context.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/described.hpp"

namespace openstack {
namespace {

template <class Member>
struct Field {
  const char* name;
  Member Identity::* member;
};

constexpr Field<std::string> kTexts[] = {
    {"user_id", &Identity::user_id},
    {"user_name", &Identity::user_name},
    {"user_domain_id", &Identity::user_domain_id},
    {"user_domain_name", &Identity::user_domain_name},
    {"project_id", &Identity::project_id},
    {"project_name", &Identity::project_name},
    {"project_domain_id", &Identity::project_domain_id},
    {"project_domain_name", &Identity::project_domain_name},
    {"domain_id", &Identity::domain_id},
    {"domain_name", &Identity::domain_name},
};
constexpr Field<std::vector<std::string>> kLists[] = {
    {"roles", &Identity::roles},
    {"role_ids", &Identity::role_ids},
};

}  // namespace

std::string to_text(Microversion version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

bool Identity::has_role(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

base::Json to_json(const Context& context) {
  base::JsonObject json;
  json["global_request_id"] = context.global_request_id;
  for (const auto& field : kTexts) json[field.name] = context.identity.*field.member;
  for (const auto& field : kLists) json[field.name] = base::to_json(context.identity.*field.member);
  json["system"] = context.identity.system;
  json["version"] = base::JsonArray{context.version.major, context.version.minor};
  return json;
}

Context context_from_json(const base::Json& json, std::string request_id) {
  Context context;
  context.request_id = std::move(request_id);
  context.global_request_id = base::text_or(json, "global_request_id");
  for (const auto& field : kTexts) context.identity.*field.member = base::text_or(json, field.name);
  for (const auto& field : kLists)
    if (const base::Json* list = base::find(json, field.name))
      context.identity.*field.member = base::from_json<std::vector<std::string>>(*list);
  context.identity.system = base::boolean_or(json, "system", false);
  if (const base::Json* version = base::find(json, "version")) {
    const auto numbers = base::from_json<std::vector<int>>(*version);
    if (numbers.size() == 2) context.version = {numbers[0], numbers[1]};
  }
  return context;
}

}  // namespace openstack
