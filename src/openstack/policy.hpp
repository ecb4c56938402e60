// Who may do what: oslo.policy's rule language over a table of rules, default-deny.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "openstack/context.hpp"

namespace openstack {

// One documented rule. `check` is oslo.policy's syntax: "role:admin", "rule:admin_or_owner",
// "project_id:%(project_id)s", "user_id:%(user_id)s", and/or/not, parentheses, "@" (all), "!"
// (none).
struct PolicyRule {
  std::string_view name;  // "os_compute_api:servers:create"
  std::string_view check;
  std::string_view description;
};

// What is acted on: "project_id", "user_id", ... of the resource.
using PolicyTarget = std::map<std::string, std::string, std::less<>>;

// Error::type() of what a policy denies; Error::detail() is then the rule's name, since Keystone,
// Neutron and Glance word the message differently (error_body.cpp).
inline constexpr std::string_view kPolicyNotAuthorized = "PolicyNotAuthorized";

// Immutable and thread-safe. The constructor throws Error(internal) for a malformed check or an
// unknown rule reference, so a bad table never starts.
class Policy {
 public:
  explicit Policy(std::span<const PolicyRule> rules);
  ~Policy();
  // An unknown rule is denied.
  [[nodiscard]] bool allows(const Context& context, std::string_view rule,
                            const PolicyTarget& target) const;
  // Throws Error(forbidden) "Policy doesn't allow RULE to be performed." unless allowed.
  void enforce(const Context& context, std::string_view rule, const PolicyTarget& target) const;
  // The caller's own project and user as target.
  void enforce(const Context& context, std::string_view rule) const;
  [[nodiscard]] std::span<const PolicyRule> rules() const { return rules_; }

 private:
  struct Compiled;
  std::span<const PolicyRule> rules_;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace openstack
