// property_protection_file: by roles and by policies.
#include <fstream>

#include "base/error.hpp"
#include "glance_import_world.hpp"
#include "temporary_directory.hpp"

namespace tests::glance_import {
namespace {

// A file that is there as long as this.
class RulesFile {
 protected:
  explicit RulesFile(const std::string& text) { std::ofstream(path()) << text; }
  [[nodiscard]] std::string path() const { return directory_.path() + "/protection.conf"; }
  [[nodiscard]] std::vector<GlanceOption> options(const std::string& format) const {
    return {{"DEFAULT", "property_protection_file", path()},
            {"DEFAULT", "property_protection_rule_format", format}};
  }

 private:
  service_tests::TemporaryDirectory directory_{"glance-rules"};
};

constexpr const char* kPatchType = "application/openstack-images-v2.1-json-patch";

constexpr const char* kRoles = R"(
# what only admins see
[^secret_]
create = admin
read = admin
update = admin
delete = admin

[^fixed_]
create = @
read = @
update = !
delete = admin,auditor

[.*]
create = @
read = @
update = @
delete = @
)";

class GlancePropertyProtection : protected RulesFile, public GlanceImport {
 protected:
  explicit GlancePropertyProtection(const std::string& rules = kRoles,
                                    const std::string& format = "roles")
      : RulesFile(rules), GlanceImport(Stores::one, options(format)) {}

  platform::http::Response patch(const std::string& by, const std::string& image,
                                 const std::string& operation) {
    return world_.send(by, "PATCH", image, "[" + operation + "]", kPatchType);
  }
  bool shows(const std::string& by, const std::string& image, const std::string& name) {
    return base::find(body_of(world_.send(by, "GET", image)), name) != nullptr;
  }
};

TEST_F(GlancePropertyProtection, hides_what_the_caller_may_not_read) {
  const std::string image = create();
  const auto set = patch("admin", image, R"({"op":"add","path":"/secret_a","value":"1"})");
  ASSERT_EQ(set.status, 200) << set.body;
  EXPECT_NE(set.body.find("secret_a"), std::string::npos);

  EXPECT_TRUE(shows("admin", image, "secret_a"));
  EXPECT_FALSE(shows("p", image, "secret_a"));
  const auto listed = body_of(world_.send("p", "GET", "/v2/images"));
  ASSERT_EQ(listed.at("images").as_array().size(), 1U);
  EXPECT_FALSE(base::find(listed.at("images").at(0), "secret_a"));
  EXPECT_TRUE(base::find(body_of(world_.send("admin", "GET", "/v2/images")).at("images").at(0),
                         "secret_a"));
}

TEST_F(GlancePropertyProtection, refuses_what_the_caller_may_not_do) {
  const auto refused = world_.send("p", "POST", "/v2/images", R"({"secret_a":"1"})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("Attribute 'secret_a' is reserved."), std::string::npos);
  const std::string image = create();
  EXPECT_EQ(patch("p", image, R"({"op":"add","path":"/secret_a","value":"1"})").status, 403);
  EXPECT_EQ(patch("p", image, R"({"op":"add","path":"/fixed_a","value":"1"})").status, 200);
  EXPECT_EQ(patch("p", image, R"({"op":"replace","path":"/fixed_a","value":"2"})").status, 403);
  EXPECT_EQ(patch("admin", image, R"({"op":"add","path":"/fixed_a","value":"2"})").status, 403);
  EXPECT_EQ(patch("p", image, R"({"op":"remove","path":"/fixed_a"})").status, 403);
  EXPECT_EQ(patch("admin", image, R"({"op":"remove","path":"/fixed_a"})").status, 200);
}

TEST_F(GlancePropertyProtection, keeps_hidden_properties_through_changes_by_others) {
  const std::string image = create();
  ASSERT_EQ(patch("admin", image, R"({"op":"add","path":"/secret_a","value":"1"})").status, 200);

  EXPECT_EQ(patch("p", image, R"({"op":"replace","path":"/secret_a","value":"2"})").status, 409);
  EXPECT_EQ(patch("p", image, R"({"op":"remove","path":"/secret_a"})").status, 409);
  const auto changed = patch("p", image, R"({"op":"add","path":"/colour","value":"red"})");
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body.find("secret_a"), std::string::npos);

  EXPECT_EQ(base::text_or(body_of(world_.send("admin", "GET", image)), "secret_a"), "1");
}

class GlancePropertyPolicies : public GlancePropertyProtection {
 protected:
  GlancePropertyPolicies()
      : GlancePropertyProtection(
            "[^x_]\ncreate = publicize_image\nread = get_image\nupdate = publicize_image\n"
            "delete = !\n",
            "policies") {}
};

TEST_F(GlancePropertyPolicies, decide_and_leave_nothing_to_others) {
  const std::string image = create();
  EXPECT_EQ(patch("p", image, R"({"op":"add","path":"/x_a","value":"1"})").status, 403);
  EXPECT_EQ(patch("admin", image, R"({"op":"add","path":"/x_a","value":"1"})").status, 200);
  EXPECT_TRUE(shows("p", image, "x_a"));
  EXPECT_EQ(patch("admin", image, R"({"op":"remove","path":"/x_a"})").status, 403);
  EXPECT_EQ(patch("admin", image, R"({"op":"add","path":"/other","value":"1"})").status, 403);
}

class GlanceBadRules : public RulesFile, public testing::TestWithParam<const char*> {
 protected:
  GlanceBadRules() : RulesFile(GetParam()) {}
};

TEST_P(GlanceBadRules, let_no_glance_start) {
  for (const char* format : {"roles", "policies", "neither"})
    EXPECT_THROW(GlanceWorld(Stores::one, options(format)), base::Error) << format;
}

INSTANTIATE_TEST_SUITE_P(Files, GlanceBadRules,
                         testing::Values("create = @\n", "[a]\ncreate = @\n", "[a\n",
                                         "[(]\ncreate = @\nread = @\nupdate = @\ndelete = @\n",
                                         "[a]\ncreate = @\nread = @\nupdate = @\nremove = @\n",
                                         "[a]\ncreate = @,!\nread = @\nupdate = @\ndelete = @\n"));

TEST(GlancePropertyRules, must_be_there) {
  EXPECT_THROW(
      GlanceWorld(Stores::one, {{"DEFAULT", "property_protection_file", "/nonexistent/rules"}}),
      base::Error);
}

}  // namespace
}  // namespace tests::glance_import
