#include "openstack/policy.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace openstack {
namespace {

Context caller(std::vector<std::string> roles, std::string project = "p1") {
  Context context;
  context.identity.user_id = "u1";
  context.identity.project_id = std::move(project);
  context.identity.roles = std::move(roles);
  return context;
}

const PolicyRule kTestedRules[] = {
    {"admin", "role:admin", ""},
    {"owner", "project_id:%(project_id)s", ""},
    {"admin_or_owner", "rule:admin or rule:owner", ""},
    {"reader", "(role:reader and project_id:%(project_id)s) or rule:admin", ""},
    {"mixed", "role:a or role:b and not role:c", ""},
    {"self", "user_id:%(user_id)s and not (role:a or role:b)", ""},
    {"public", "'public':%(visibility)s", ""},
    {"system", "role:admin and system_scope:all", ""},
    {"anyone", "", ""},
    {"nobody", "!", ""},
};

TEST(Policy, grants_the_owner_and_the_admin) {
  const Policy policy(kTestedRules);

  EXPECT_TRUE(policy.allows(caller({"member"}), "admin_or_owner", {{"project_id", "p1"}}));
  EXPECT_FALSE(policy.allows(caller({"member"}), "admin_or_owner", {{"project_id", "p2"}}));
  EXPECT_TRUE(policy.allows(caller({"admin"}), "admin_or_owner", {{"project_id", "p2"}}));
  EXPECT_TRUE(policy.allows(caller({"reader"}), "reader", {{"project_id", "p1"}}));
  EXPECT_FALSE(policy.allows(caller({"member"}), "reader", {{"project_id", "p1"}}));
}

TEST(Policy, binds_and_before_or_and_not_first) {
  const Policy policy(kTestedRules);

  EXPECT_TRUE(policy.allows(caller({"a", "c"}), "mixed", {}));
  EXPECT_TRUE(policy.allows(caller({"b"}), "mixed", {}));
  EXPECT_FALSE(policy.allows(caller({"b", "c"}), "mixed", {}));
  EXPECT_TRUE(policy.allows(caller({}), "self", {{"user_id", "u1"}}));
  EXPECT_FALSE(policy.allows(caller({"b"}), "self", {{"user_id", "u1"}}));
}

TEST(Policy, denies_what_it_does_not_know) {
  const Policy policy(kTestedRules);

  EXPECT_FALSE(policy.allows(caller({"admin"}), "no such rule", {}));
  EXPECT_FALSE(policy.allows(caller({"member"}), "owner", {}));
  EXPECT_FALSE(policy.allows(caller({"admin"}), "nobody", {}));
  EXPECT_FALSE(policy.allows(caller({"admin"}), "system", {}));
  EXPECT_TRUE(policy.allows(caller({}), "anyone", {}));
  EXPECT_TRUE(policy.allows(caller({}), "public", {{"visibility", "public"}}));
}

TEST(Policy, never_matches_an_unscoped_caller_with_an_ownerless_resource) {
  const Policy policy(kTestedRules);

  EXPECT_FALSE(policy.allows(caller({"member"}, ""), "owner", {{"project_id", ""}}));
}

TEST(Policy, enforces_on_the_caller_itself) {
  const Policy policy(kTestedRules);

  EXPECT_NO_THROW(policy.enforce(caller({}), "owner"));
  try {
    policy.enforce(caller({"member"}), "admin");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::forbidden);
    EXPECT_EQ(error.message(), "Policy doesn't allow admin to be performed.");
  }
}

TEST(Policy, refuses_a_malformed_table) {
  const auto refused = [](std::string_view check) {
    const PolicyRule rules[] = {{"r", check, ""}};
    try {
      const Policy policy(rules);
      return false;
    } catch (const base::Error&) {
      return true;
    }
  };
  EXPECT_TRUE(refused("role"));
  EXPECT_TRUE(refused("role:a or"));
  EXPECT_TRUE(refused("(role:a"));
  EXPECT_TRUE(refused("rule:missing"));
  EXPECT_TRUE(refused("rule:r"));
  EXPECT_TRUE(refused("colour:%(colour)s"));
  EXPECT_FALSE(refused("role:a"));
}

}  // namespace
}  // namespace openstack
