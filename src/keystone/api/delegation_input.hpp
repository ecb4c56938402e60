// What bodies of application credentials and trusts have in common.
#pragma once

#include "keystone/api/common.hpp"
#include "keystone/app/delegation.hpp"

namespace keystone::api {

inline constexpr std::string_view kRoleReferences =
    R"({"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},)"
    R"("name":{"type":"string"}},"minProperties":1}})";

[[nodiscard]] inline std::vector<app::RoleReference> role_references_in(const Json& body) {
  std::vector<app::RoleReference> references;
  const Json* roles = base::find(body, "roles");
  if (!roles || !roles->is_array()) return references;
  for (const Json& role : roles->get_array())
    references.push_back({base::text_or(role, "id"), base::text_or(role, "name")});
  return references;
}

// "expires_at"; throws Error(bad_request) for text that is no time.
[[nodiscard]] inline std::optional<base::TimePoint> expiry_in(const Json& body) {
  const std::string text = base::text_or(body, "expires_at");
  if (text.empty()) return std::nullopt;
  const auto time = base::parse_time(text);
  if (!time)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("Unable to parse expiration date: {}", text));
  return time;
}

}  // namespace keystone::api
