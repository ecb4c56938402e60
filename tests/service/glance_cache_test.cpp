// /v2/cache of a glance-api that has one, and of one that has none.
#include "glance_import_world.hpp"
#include "temporary_directory.hpp"

namespace tests::glance_import {
namespace {

class CacheDirectory {
 protected:
  const service_tests::TemporaryDirectory cache_{"glance-cache"};
};

class GlanceCache : protected CacheDirectory, public GlanceImport {
 protected:
  GlanceCache() : GlanceImport(Stores::one, {{"DEFAULT", "image_cache_dir", cache_.path()}}) {}
  base::Json state() { return body_of(world_.send("admin", "GET", "/v2/cache")); }
  bool soon_cached(size_t count) {
    return world_.soon([&] {
      const base::Json now = state();
      return now.at("cached_images").as_array().size() == count &&
             now.at("queued_images").as_array().empty();
    });
  }
  static std::string entry(const std::string& image) {
    return "/v2/cache/" + image.substr(std::string("/v2/images/").size());
  }
};

TEST_F(GlanceCache, fetches_what_is_queued_and_serves_it) {
  const std::string image = uploaded("cached bytes");
  ASSERT_EQ(world_.send("admin", "PUT", entry(image)).status, 202);
  ASSERT_TRUE(soon_cached(1));
  fs::remove_all(world_.images_directory() + "/images");

  EXPECT_EQ(data(image), "cached bytes");

  const base::Json now = state();
  const auto& cached = now.at("cached_images").at(0);
  EXPECT_EQ(base::integer_or(cached, "hits", 0), 1);
  EXPECT_EQ(base::integer_or(cached, "size", 0), 12);
  EXPECT_GT(cached.at("last_accessed").to_number<double>(), 1e9);
  EXPECT_EQ(world_.send("admin", "DELETE", entry(image)).status, 204);
  EXPECT_EQ(state().at("cached_images").as_array().size(), 0U);
}

TEST_F(GlanceCache, is_cleared_whole_or_in_part) {
  const std::string image = uploaded();
  const auto clear = [&](const std::string& target) {
    platform::http::Headers headers;
    headers.set("x-image-cache-clear-target", target);
    return world_.send("admin", "DELETE", "/v2/cache", "", "", headers).status;
  };
  ASSERT_EQ(world_.send("admin", "PUT", entry(image)).status, 202);
  ASSERT_TRUE(soon_cached(1));

  EXPECT_EQ(clear("neither"), 400);
  EXPECT_EQ(clear("queue"), 204);
  EXPECT_TRUE(soon_cached(1));
  EXPECT_EQ(clear("Cache"), 204);
  EXPECT_TRUE(soon_cached(0));
  EXPECT_EQ(clear(""), 204);
}

TEST_F(GlanceCache, has_no_image_that_is_deleted) {
  const std::string image = uploaded();
  ASSERT_EQ(world_.send("admin", "PUT", entry(image)).status, 202);
  ASSERT_TRUE(soon_cached(1));

  ASSERT_EQ(world_.send("p", "DELETE", image).status, 204);

  EXPECT_EQ(state().at("cached_images").as_array().size(), 0U);
}

TEST_F(GlanceCache, is_told_by_the_list_of_versions) {
  const auto versions = body_of(world_.send("p", "GET", "/versions")).at("versions");
  EXPECT_EQ(base::text_or(versions.at(0), "id"), "v2.16");
  EXPECT_EQ(base::text_or(versions.at(0), "status"), "CURRENT");
  EXPECT_EQ(base::text_or(versions.at(2), "id"), "v2.14");
  EXPECT_EQ(base::text_or(versions.at(3), "id"), "v2.9");  // stores have no names
}

TEST_F(GlanceCache, refuses_what_glance_refuses) {
  const std::string image = create();
  EXPECT_EQ(world_.send("admin", "PUT", entry(image)).status, 400);
  EXPECT_EQ(world_.send("p", "GET", "/v2/cache").status, 403);
  EXPECT_EQ(world_.send("p", "PUT", entry(image)).status, 403);
  for (const char* method : {"PUT", "DELETE"})
    EXPECT_EQ(world_.send("admin", method, "/v2/cache/7c0f2d5a-0000-4000-8000-000000000000").status,
              404);
}

TEST(GlanceWithoutCache, says_so) {
  GlanceWorld world;
  for (const char* method : {"GET", "DELETE"}) {
    const auto response = world.send("admin", method, "/v2/cache");
    EXPECT_EQ(response.status, 404);
    EXPECT_NE(response.body.find("Caching via API is not supported at this site."),
              std::string::npos);
  }
}

}  // namespace
}  // namespace tests::glance_import
