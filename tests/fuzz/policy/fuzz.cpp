// The text of a policy rule, and what it says about a caller.
#include <cstdint>

#include "base/error.hpp"
#include "openstack/policy.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const openstack::PolicyRule rules[] = {
      {"admin_api", "role:admin", ""},
      {"tried", text, ""},
  };
  openstack::Context context;
  context.identity.user_id = "u";
  context.identity.project_id = "p";
  context.identity.roles = {"member", "reader"};
  try {
    const openstack::Policy policy(rules);
    static_cast<void>(policy.allows(context, "tried", {{"project_id", "p"}, {"user_id", "v"}}));
  } catch (const base::Error&) {  // a table with such a rule never starts
  }
  return 0;
}
