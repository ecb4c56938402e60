// Lists of what lies in a back end and could be managed, and clusters, of which there are none.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using service_tests::Answer;

constexpr const char* kManageableHost = "host=host@file%23file";

class CinderManageable : public testing::Test {
 protected:
  CinderManageable() { std::filesystem::create_directories(world_.path("unmanaged")); }

  void put(const std::string& name, int64_t bytes) {
    const std::string path = world_.path("unmanaged/" + name);
    std::ofstream(path) << "content";
    std::filesystem::resize_file(path, static_cast<uintmax_t>(bytes));
  }
  Answer list(const std::string& path, const std::string& query,
              const std::string& version = "3.8") {
    return world_.send("admin", "GET", "/v3/" + path + "?" + query, "", version);
  }
  // Their names, in order.
  static std::string names(const Answer& answer, const char* key = "manageable-volumes") {
    std::string all;
    for (const base::Json& item : answer.at(key).as_array())
      all += base::get_text(item.at("reference"), "source-name") + " ";
    return all;
  }

  CinderWorld world_;
};

TEST_F(CinderManageable, is_what_nobody_has_taken_and_what_is_cinders) {
  const std::string id = world_.make_volume();
  put("disk", (int64_t{2} << 30) + 1);

  const auto shown =
      list("manageable_volumes/detail", std::string(kManageableHost) + "&sort=size:desc");

  ASSERT_EQ(shown.status, 200) << shown.body;
  EXPECT_EQ(names(shown), "disk volume-" + id + " ");
  const base::Json& disk = shown.at("manageable-volumes").as_array().at(0);
  EXPECT_EQ(base::to_text(disk),
            R"({"reference":{"source-name":"disk"},"size":3,"safe_to_manage":true,)"
            R"("reason_not_safe":null,"cinder_id":null,"extra_info":null})");
  const base::Json& volume = shown.at("manageable-volumes").as_array().at(1);
  EXPECT_EQ(base::text_or(volume, "cinder_id"), id);
  EXPECT_EQ(base::text_or(volume, "reason_not_safe"), "already managed");
  EXPECT_FALSE(volume.at("safe_to_manage").as_bool());
  EXPECT_EQ(volume.at("size").as_int64(), 1);

  const auto summary = list("os-volume-manage", kManageableHost, "3.0");
  EXPECT_EQ(base::to_text(summary.at("manageable-volumes").as_array().at(1)),
            R"({"reference":{"source-name":"disk"},"size":3,"safe_to_manage":true})");
}

TEST_F(CinderManageable, snapshots_say_whose_they_are) {
  const std::string volume = world_.make_volume();
  const std::string kept = world_.make_snapshot(volume);
  const std::string let_go = world_.make_snapshot(volume);
  const std::string path = "/v3/snapshots/" + let_go;
  EXPECT_EQ(world_.send("admin", "POST", path + "/action", R"({"os-unmanage":{}})").status, 202);
  ASSERT_TRUE(world_.wait_for(path, "gone"));

  const auto shown = list("manageable_snapshots/detail", kManageableHost);

  ASSERT_EQ(shown.status, 200) << shown.body;
  ASSERT_EQ(shown.at("manageable-snapshots").as_array().size(), 2U);
  for (const base::Json& item : shown.at("manageable-snapshots").as_array()) {
    const bool free = item.at("safe_to_manage").as_bool();
    const std::string id = free ? let_go : kept;
    EXPECT_EQ(base::get_text(item.at("reference"), "source-name"), "snapshot-" + id);
    EXPECT_EQ(base::text_or(item, "cinder_id"), free ? "" : kept);
    EXPECT_EQ(base::text_or(item.at("source_reference"), "source-name"),
              free ? "" : "volume-" + volume);
  }
  EXPECT_EQ(names(list("os-snapshot-manage", std::string(kManageableHost) + "&limit=1", "3.0"),
                  "manageable-snapshots")
                .substr(0, 9),
            "snapshot-");
  EXPECT_EQ(names(list("manageable_volumes", kManageableHost)), "volume-" + volume + " ");
}

TEST_F(CinderManageable, comes_in_pages_and_in_order) {
  for (const char* const name : {"b", "a", "c"}) put(name, 1);
  const auto page = [&](const std::string& query) {
    return names(list("manageable_volumes", std::string(kManageableHost) + query));
  };
  EXPECT_EQ(page(""), "c b a ");
  EXPECT_EQ(page("&sort=reference:asc"), "a b c ");
  EXPECT_EQ(page("&sort_key=reference&sort_dir=asc&limit=2"), "a b ");
  EXPECT_EQ(page("&sort=reference:asc&limit=2&offset=1"), "b c ");
  EXPECT_EQ(page("&sort=reference:asc&limit=1&marker=%7B%22source-name%22:%22a%22%7D"), "b ");
  EXPECT_EQ(page("&sort=reference:asc&offset=9"), "");
  EXPECT_EQ(page("&limit=0"), "");
}

TEST_F(CinderManageable, is_refused_for_what_can_not_be_understood) {
  const auto status = [&](const std::string& query, const std::string& version = "3.8") {
    return list("manageable_volumes", query, version).status;
  };
  EXPECT_EQ(status(""), 400);
  EXPECT_EQ(status("host=host@moon"), 404);
  EXPECT_EQ(status("cluster=c"), 400);
  EXPECT_EQ(status("cluster=c", "3.17"), 404);
  EXPECT_EQ(status("cluster=c&" + std::string(kManageableHost), "3.17"), 400);
  for (const char* const wrong :
       {"&sort=name", "&sort=size:up", "&limit=-1", "&offset=x", "&marker=a", "&marker=5",
        "&marker=%7B%22source-name%22:%22moon%22%7D"})
    EXPECT_EQ(status(std::string(kManageableHost) + wrong), 400) << wrong;
  EXPECT_EQ(status(kManageableHost, "3.7"), 404);
  EXPECT_EQ(world_.get("/v3/os-volume-manage?" + std::string(kManageableHost)).status, 403);
  world_.send("admin", "PUT", "/v3/os-services/disable",
              R"({"host":"host@file","binary":"cinder-volume"})");
  EXPECT_EQ(status(kManageableHost), 400);
}

TEST(CinderClusters, are_none) {
  CinderWorld world;
  const auto send = [&](const std::string& method, const std::string& path,
                        const std::string& body = "") {
    return world.send("admin", method, "/v3/clusters" + path, body, "3.7");
  };
  for (const char* const path : {"", "/detail", "?is_up=true"}) {
    EXPECT_EQ(send("GET", path).status, 200) << path;
    EXPECT_EQ(send("GET", path).body, R"({"clusters":[]})");
  }
  EXPECT_EQ(send("GET", "?colour=blue").status, 400);
  EXPECT_EQ(send("GET", "/c").status, 404);
  EXPECT_EQ(send("PUT", "/enable", R"({"name":"c"})").status, 404);
  EXPECT_EQ(send("PUT", "/paint", R"({"name":"c"})").status, 404);
  EXPECT_EQ(send("PUT", "/enable", "{}").status, 400);
  EXPECT_EQ(world.get("/v3/clusters", "3.7").status, 403);
  EXPECT_EQ(world.send("admin", "GET", "/v3/clusters", "", "3.6").status, 404);
}

}  // namespace
