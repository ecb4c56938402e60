// How much one image may have.
#include "glance_import_world.hpp"

namespace tests::glance_import {
namespace {

class GlanceQuotas : public GlanceImport {
 protected:
  GlanceQuotas()
      : GlanceImport(Stores::one, {{"DEFAULT", "image_member_quota", "2"},
                                   {"DEFAULT", "image_property_quota", "2"},
                                   {"DEFAULT", "image_tag_quota", "2"}}) {}
  int patch(const std::string& image, const std::string& body) {
    return world_.send("p", "PATCH", image, body, "application/openstack-images-v2.1-json-patch")
        .status;
  }
};

TEST_F(GlanceQuotas, bound_properties) {
  const std::string image = create();
  EXPECT_EQ(patch(image,
                  R"([{"op":"add","path":"/a","value":"1"},{"op":"add","path":"/b","value":"1"}])"),
            200);
  EXPECT_EQ(patch(image, R"([{"op":"add","path":"/c","value":"1"}])"), 413);
  EXPECT_EQ(patch(image, R"([{"op":"replace","path":"/a","value":"2"}])"), 200);
  EXPECT_EQ(patch(image, R"([{"op":"remove","path":"/a"},{"op":"add","path":"/c","value":"1"}])"),
            200);
  const auto refused = world_.send("p", "POST", "/v2/images", R"({"a":"1","b":"1","c":"1"})");
  EXPECT_EQ(refused.status, 413);
  EXPECT_NE(refused.body.find("Attempted: 3, Maximum: 2"), std::string::npos) << refused.body;
}

TEST_F(GlanceQuotas, bound_tags) {
  const std::string image = create();
  EXPECT_EQ(world_.send("p", "PUT", image + "/tags/a").status, 204);
  EXPECT_EQ(world_.send("p", "PUT", image + "/tags/b").status, 204);
  EXPECT_EQ(world_.send("p", "PUT", image + "/tags/c").status, 413);
  EXPECT_EQ(world_.send("p", "PUT", image + "/tags/b").status, 204);
  EXPECT_EQ(show(image).at("tags").as_array().size(), 2U);
  EXPECT_EQ(patch(image, R"([{"op":"replace","path":"/tags","value":["x","y","z"]}])"), 413);
}

TEST_F(GlanceQuotas, bound_members) {
  const std::string image = create();
  const auto add = [&](const std::string& member) {
    return world_.send("p", "POST", image + "/members", R"({"member":")" + member + "\"}").status;
  };
  EXPECT_EQ(add("q"), 200);
  EXPECT_EQ(add("r"), 200);
  EXPECT_EQ(add("s"), 413);
  EXPECT_EQ(world_.send("p", "GET", image + "/members/s").status, 404);
  EXPECT_EQ(world_.send("p", "DELETE", image + "/members/r").status, 204);
  EXPECT_EQ(add("s"), 200);
}

}  // namespace
}  // namespace tests::glance_import
