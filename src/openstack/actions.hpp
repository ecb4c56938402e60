// Actions on a resource: POST .../action with a body of one member, which names the action and
// holds its argument. What there is, is a table.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "openstack/api.hpp"
#include "openstack/schema.hpp"

namespace openstack {

// A row of a service's table. The same name may stand for different versions.
template <class App>
struct Action {
  std::string_view name;
  std::string_view policy;
  Microversion from;                 // inclusive
  Microversion until;                // inclusive
  std::string_view argument_schema;  // empty: any argument
  // Null: it exists in OpenStack, and is not built here.
  platform::http::Response (*act)(App&, ApiRequest&, const std::string& id,
                                  const base::Json& argument);
};

// What a row says apart from what is done.
struct ActionRule {
  std::string_view name;
  std::string_view policy;
  Microversion from;
  Microversion until;
  std::string_view argument_schema;
};

// Immutable and thread-safe.
class ActionRules {
 public:
  explicit ActionRules(std::vector<ActionRule> rules);
  // The row that the request's body names, once the caller's own project may do it and its argument
  // fits. Throws Error(bad_request | not_found | forbidden).
  [[nodiscard]] size_t choose(const ApiRequest& request) const;

 private:
  std::vector<ActionRule> rules_;
  std::vector<std::unique_ptr<Schema>> schemas_;  // over the whole body; null: takes anything
};

template <class App, size_t size>
[[nodiscard]] ActionRules rules_of(const Action<App> (&rows)[size]) {
  std::vector<ActionRule> rules;
  for (const Action<App>& row : rows)
    rules.push_back({row.name, row.policy, row.from, row.until, row.argument_schema});
  return ActionRules(std::move(rules));
}

// The argument of a body that choose() has taken.
[[nodiscard]] const base::Json& action_argument(const ApiRequest& request);

}  // namespace openstack
