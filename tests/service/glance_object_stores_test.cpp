// Images in a real Swift, by its own API and by S3 (scripts/swift.sh, NEPHELE_TEST_SWIFT).
#include <stdlib.h>

#include "base/error.hpp"
#include "glance_import_world.hpp"
#include "temporary_directory.hpp"

namespace tests::glance_import {
namespace {

std::string swift_url() {
  const char* url = ::getenv("NEPHELE_TEST_SWIFT");
  return url ? url : "http://127.0.0.1:1";
}

// A store of files and one of each kind.
std::vector<GlanceOption> object_stores() {
  const std::string unique = platform::system_random().uuid();
  return {{"DEFAULT", "enabled_backends", "fast:file,swift:swift,s3:s3"},
          {"glance_store", "default_backend", "swift"},
          {"swift", "swift_store_auth_address", swift_url() + "/auth/v1.0"},
          {"swift", "swift_store_auth_version", "1"},
          {"swift", "swift_store_user", "test:tester"},
          {"swift", "swift_store_key", "testing"},
          {"swift", "swift_store_container", "c-" + unique},
          {"swift", "swift_store_create_container_on_put", "true"},
          {"swift", "swift_store_large_object_chunk_size", "1"},
          {"s3", "s3_store_host", swift_url()},
          {"s3", "s3_store_access_key", "test:tester"},
          {"s3", "s3_store_secret_key", "testing"},
          {"s3", "s3_store_bucket", "b-" + unique},
          {"s3", "s3_store_create_bucket_on_put", "true"},
          {"s3", "s3_store_large_object_chunk_size", "5"}};
}

class GlanceObjectStores : public GlanceImport {
 protected:
  GlanceObjectStores() : GlanceImport(Stores::two, object_stores()) {}
  void SetUp() override {
    if (!::getenv("NEPHELE_TEST_SWIFT")) GTEST_SKIP() << "NEPHELE_TEST_SWIFT is not set";
  }
};

TEST_F(GlanceObjectStores, take_uploads_imports_and_copies) {
  const std::string bytes = "begin" + std::string(6 << 20, 'x') + "end";
  const std::string image = uploaded(bytes);
  EXPECT_EQ(base::text_or(show(image), "stores"), "swift");
  EXPECT_TRUE(data(image) == bytes);

  ASSERT_EQ(import(image, R"({"method":{"name":"copy-image"},"all_stores":true})", "admin").status,
            202);

  EXPECT_EQ(base::text_or(ended_task(image), "status"), "success");
  EXPECT_EQ(base::text_or(show(image), "stores"), "swift,fast,s3");
  const std::string id = image.substr(std::string("/v2/images/").size());
  ASSERT_EQ(world_.send("admin", "DELETE", "/v2/stores/swift/" + id).status, 204);
  ASSERT_EQ(world_.send("admin", "DELETE", "/v2/stores/fast/" + id).status, 204);
  EXPECT_EQ(base::text_or(show(image), "stores"), "s3");
  EXPECT_TRUE(data(image) == bytes);
  EXPECT_EQ(world_.send("p", "DELETE", image).status, 204);
}

TEST_F(GlanceObjectStores, are_named_with_their_types) {
  const auto stores = body_of(world_.send("admin", "GET", "/v2/info/stores/detail")).at("stores");
  EXPECT_EQ(base::text_or(stores.at(0), "type"), "file");
  EXPECT_EQ(base::text_or(stores.at(1), "type"), "swift");
  EXPECT_EQ(base::text_or(stores.at(2), "type"), "s3");
}

TEST(GlanceStoreOptions, are_refused_if_they_make_no_store) {
  const auto refused = [](const GlanceOption& wrong) {
    auto options = object_stores();
    options.push_back(wrong);
    EXPECT_THROW(GlanceWorld(Stores::two, options), base::Error) << wrong.name;
  };
  refused({"DEFAULT", "enabled_backends", "swift:cinder"});
  refused({"DEFAULT", "enabled_backends", "swift"});
  refused({"DEFAULT", "enabled_backends", "swift:swift,swift:s3"});
  refused({"swift", "swift_store_auth_version", "2"});
  refused({"swift", "swift_store_user", "nobody"});
  refused({"swift", "swift_store_container", "a/b"});
  refused({"s3", "s3_store_bucket", ""});
  refused({"s3", "s3_store_secret_key", ""});
  refused({"s3", "s3_store_host", "s3.example.org"});
  refused({"glance_store", "default_backend", "none"});
}

TEST(GlanceStoreOptions, are_refused_if_two_stores_share_a_place) {
  const service_tests::TemporaryDirectory directory("glance");
  EXPECT_THROW(
      GlanceWorld(Stores::two, {{"fast", "filesystem_store_datadir", directory.path()},
                                {"slow", "filesystem_store_datadir", directory.path() + "/."}}),
      base::Error);
}

}  // namespace
}  // namespace tests::glance_import
