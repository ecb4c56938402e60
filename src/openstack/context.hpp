// Who asks for what, under which request: the first argument of every operation.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace openstack {

struct Microversion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const Microversion&, const Microversion&) = default;
};
// "2.79"
[[nodiscard]] std::string to_text(Microversion version);

// Whom a token speaks for, and within what. Exactly one scope is set, or none (unscoped).
struct Identity {
  std::string user_id;
  std::string user_name;
  std::string user_domain_id;
  std::string user_domain_name;
  std::string project_id;  // project scope
  std::string project_name;
  std::string project_domain_id;
  std::string project_domain_name;
  std::string domain_id;  // domain scope
  std::string domain_name;
  bool system = false;                // system scope ("all")
  std::vector<std::string> roles;     // names, lower case
  std::vector<std::string> role_ids;  // in the order of `roles`

  [[nodiscard]] bool has_role(std::string_view role) const;
};

struct Context {
  std::string request_id;         // "req-<uuid>", ours
  std::string global_request_id;  // of the caller (X-OpenStack-Request-ID), or empty
  Identity identity;
  Microversion version;  // negotiated; {0,0} where the service has none
  std::string token;     // as it came in; secret, never on the bus

  [[nodiscard]] const std::string& project_id() const { return identity.project_id; }
  [[nodiscard]] const std::string& user_id() const { return identity.user_id; }
  // Has the admin role: sees all projects.
  [[nodiscard]] bool is_admin() const { return identity.has_role("admin"); }
};

// For bus messages; without the token.
[[nodiscard]] base::Json to_json(const Context& context);
[[nodiscard]] Context context_from_json(const base::Json& json, std::string request_id);

}  // namespace openstack
