// How much one image may have.
#include "base/error.hpp"
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

class GlanceStorageQuota : public GlanceImport {
 protected:
  GlanceStorageQuota() : GlanceImport(Stores::two, {{"DEFAULT", "user_storage_quota", "10B"}}) {}
  platform::http::Response put(const std::string& image, const std::string& bytes) {
    return world_.send("p", "PUT", image + "/file", bytes, kBytes);
  }
};

TEST_F(GlanceStorageQuota, bounds_the_bytes_of_a_project) {
  uploaded("123456");
  const std::string image = create();

  const auto refused = put(image, "12345");
  EXPECT_EQ(refused.status, 413);
  EXPECT_NE(refused.body.find("Image exceeds the storage quota: The size of the data 5 will exceed "
                              "the limit. 4 bytes remaining."),
            std::string::npos)
      << refused.body;
  EXPECT_EQ(status(image), "queued");
  EXPECT_EQ(put(image, "1234").status, 204);
  const std::string others =
      "/v2/images/" + base::get_text(body_of(world_.send("q", "POST", "/v2/images",
                                                         R"({"disk_format":"raw",)"
                                                         R"("container_format":"bare"})")),
                                     "id");
  EXPECT_EQ(world_.send("q", "PUT", others + "/file", "1234567890", kBytes).status, 204);
}

TEST_F(GlanceStorageQuota, counts_each_copy_and_forgets_what_is_deleted) {
  const std::string image = uploaded("1234");
  import(image, R"({"method":{"name":"copy-image"},"stores":["slow"]})", "admin");
  EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");

  const std::string second = create();
  EXPECT_EQ(put(second, "123").status, 413);
  EXPECT_EQ(world_.send("p", "DELETE", image).status, 204);
  EXPECT_EQ(put(second, "1234567890").status, 204);
}

TEST_F(GlanceStorageQuota, ends_an_import_that_is_too_large) {
  uploaded("123456");
  const std::string image = staged("12345");
  EXPECT_EQ(import(image, R"({"method":{"name":"glance-direct"}})").status, 202);
  EXPECT_EQ(base::text_or(ended_task(image), "status"), "failure");
  EXPECT_EQ(status(image), "queued");
}

// Ends another upload between its first byte and its last.
class OvertakenReader final : public platform::http::BodyReader {
 public:
  explicit OvertakenReader(std::function<void()> meanwhile) : meanwhile_(std::move(meanwhile)) {}
  size_t read(char* buffer, size_t /*size*/) override {
    if (++reads_ == 2) meanwhile_();
    if (reads_ > 6) return 0;
    buffer[0] = 'x';
    return 1;
  }

 private:
  std::function<void()> meanwhile_;
  int reads_ = 0;
};

TEST_F(GlanceStorageQuota, holds_for_uploads_that_overlap) {
  const std::string image = create();
  const auto response =
      world_.upload("p", image.substr(std::string("/v2/images/").size()),
                    std::make_shared<OvertakenReader>([this] { uploaded("12345"); }));
  EXPECT_EQ(response.status, 413) << response.body;
  EXPECT_EQ(status(image), "queued");
}

TEST(GlanceFormats, are_those_of_the_operator) {
  GlanceWorld world(Stores::one, {{"image_format", "disk_formats", "raw,qcow2"},
                                  {"image_format", "container_formats", "bare"}});
  const auto create = [&](const std::string& body) {
    return world.send("p", "POST", "/v2/images", body).status;
  };
  EXPECT_EQ(create(R"({"disk_format":"raw","container_format":"bare"})"), 201);
  EXPECT_EQ(create(R"({"disk_format":null})"), 201);
  EXPECT_EQ(create(R"({"disk_format":"iso"})"), 400);
  EXPECT_EQ(create(R"({"container_format":"ova"})"), 400);
  const auto schema = body_of(world.send("p", "GET", "/v2/schemas/image"));
  EXPECT_EQ(schema.at("properties").at("disk_format").at("enum"),
            base::parse_json(R"([null,"raw","qcow2"])"));
  EXPECT_THROW(GlanceWorld(Stores::one, {{"image_format", "disk_formats", "rot13"}}), base::Error);
  EXPECT_THROW(GlanceWorld(Stores::one, {{"DEFAULT", "user_storage_quota", "much"}}), base::Error);
}

}  // namespace
}  // namespace tests::glance_import
