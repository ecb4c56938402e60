// The life of a volume over the API, with scheduler, volume role and a back end of files.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;

std::string volume_path(const std::string& id, const std::string& rest = "") {
  return "/v3/volumes/" + id + rest;
}

TEST(CinderVolumes, are_made_shown_and_deleted) {
  CinderWorld world;

  const std::string id = world.make_volume(R"("name":"disk","metadata":{"color":"blue"})");

  EXPECT_EQ(world.files(), std::vector<std::string>{"volume-" + id});
  EXPECT_EQ(std::filesystem::file_size(world.path("volume-" + id)), 1U << 30);
  const auto shown = world.get(volume_path(id));
  EXPECT_EQ(shown.text("volume", "name"), "disk");
  EXPECT_EQ(shown.text("volume", "metadata", "color"), "blue");
  EXPECT_EQ(shown.text("volume", "volume_type"), "__DEFAULT__");
  EXPECT_EQ(shown.text("volume", "availability_zone"), "nova");
  EXPECT_EQ(shown.text("volume", "bootable"), "false");
  EXPECT_EQ(shown.text("volume", "links", 0, "href"), "http://cloud.test:8776/v3/volumes/" + id);
  EXPECT_FALSE(shown.at("volume").as_object().contains("os-vol-host-attr:host"));
  const auto to_admin = world.send("admin", "GET", volume_path(id));
  EXPECT_EQ(to_admin.text("volume", "os-vol-host-attr:host"), "host@file#file");

  EXPECT_EQ(world.send("demo", "DELETE", volume_path(id)).status, 202);
  EXPECT_TRUE(world.wait_for(volume_path(id), "gone"));
  EXPECT_EQ(world.files(), std::vector<std::string>{});
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM scheduling_decisions"), 0);
}

TEST(CinderVolumes, of_another_project_are_not_there) {
  CinderWorld world;
  const std::string id = world.make_volume();

  EXPECT_EQ(world.send("other", "GET", volume_path(id)).status, 404);
  EXPECT_EQ(world.send("other", "DELETE", volume_path(id)).status, 404);
  EXPECT_EQ(world.send("other", "PUT", volume_path(id), R"({"volume":{"name":"mine"}})").status,
            404);
  EXPECT_EQ(world.send("other", "GET", "/v3/volumes").at("volumes").as_array().size(), 0U);
  EXPECT_EQ(world.send("other", "GET", "/v3/volumes?all_tenants=1").at("volumes").as_array().size(),
            0U);
  EXPECT_EQ(world.send("admin", "GET", "/v3/volumes?all_tenants=1").at("volumes").as_array().size(),
            1U);
}

TEST(CinderVolumes, that_can_not_be_are_refused) {
  CinderWorld world;
  const auto refused = [&](const std::string& members, int status) {
    const auto answer = world.post("/v3/volumes", R"({"volume":{)" + members + "}}");
    EXPECT_EQ(answer.status, status) << members << answer.body;
  };
  refused(R"("size":0)", 400);
  refused(R"("size":"-1")", 400);
  refused(R"("size":"big")", 400);
  refused(R"("name":"x")", 400);
  refused(R"("size":1,"volume_type":"nothing")", 404);
  refused(R"("size":1,"snapshot_id":"11111111-1111-4111-8111-111111111111")", 404);
  refused(R"("size":1,"source_volid":"11111111-1111-4111-8111-111111111111")", 404);
  refused(R"("size":1,"availability_zone":"moon")", 400);
  refused(R"("size":2000)", 413);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volumes"), 0);
}

TEST(CinderVolumes, no_pool_fits_end_in_error_and_are_deleted_without_a_back_end) {
  CinderWorld world{{{{"DEFAULT/quota_gigabytes", "-1"}}}};
  const auto made = world.post("/v3/volumes", R"({"volume":{"size":100000000}})");
  const std::string id = made.text("volume", "id");
  ASSERT_TRUE(world.wait_for(volume_path(id), "error"));
  EXPECT_EQ(world.send("demo", "DELETE", volume_path(id)).status, 202);
  EXPECT_EQ(world.get(volume_path(id)).status, 404);
}

TEST(CinderVolumes, are_filtered_sorted_and_paged) {
  CinderWorld world;
  const std::string a = world.make_volume(R"("name":"a","size":2,"metadata":{"k":"v"})");
  const std::string b = world.make_volume(R"("name":"b","size":1)");
  const std::string c = world.make_volume(R"("name":"c","size":3)");
  const auto ids = [&](const std::string& query) {
    std::string text;
    const auto list = world.get("/v3/volumes/detail?" + query, "3.60");
    EXPECT_EQ(list.status, 200) << list.body;
    for (const auto& volume : list.at("volumes").as_array()) text += base::text_or(volume, "name");
    return text;
  };
  EXPECT_EQ(ids(""), "cba");
  EXPECT_EQ(ids("sort=size:asc"), "bac");
  EXPECT_EQ(ids("sort_key=name&sort_dir=asc&limit=2"), "ab");
  EXPECT_EQ(ids("sort_key=name&sort_dir=asc&limit=2&offset=1"), "bc");
  EXPECT_EQ(ids("sort_key=name&sort_dir=asc&marker=" + a), "bc");
  EXPECT_EQ(ids("name=b"), "b");
  EXPECT_EQ(ids("status=available&size=3"), "c");
  EXPECT_EQ(ids("metadata=%7B%27k%27%3A%27v%27%7D"), "a");
  EXPECT_EQ(ids("bootable=true"), "");
  EXPECT_EQ(ids("created_at=gt:2000-01-01T00:00:00"), "cba");
  EXPECT_EQ(ids("limit=0"), "");
  const auto page = world.get("/v3/volumes?limit=1&with_count=true", "3.45");
  EXPECT_EQ(page.at("count").as_int64(), 3);
  EXPECT_EQ(page.text("volumes_links", 0, "rel"), "next");
  EXPECT_NE(page.text("volumes_links", 0, "href").find("marker=" + c), std::string::npos);
  EXPECT_EQ(world.get("/v3/volumes/summary", "3.12").at("volume-summary", "total_size").as_int64(),
            6);
}

TEST(CinderVolumes, are_renamed_and_have_metadata) {
  CinderWorld world;
  const std::string id = world.make_volume(R"("name":"old")");

  const auto renamed = world.send("demo", "PUT", volume_path(id),
                                  R"({"volume":{"name":"new","description":"words"}})");
  EXPECT_EQ(renamed.text("volume", "name"), "new");
  EXPECT_EQ(renamed.text("volume", "description"), "words");
  EXPECT_EQ(world.send("demo", "PUT", volume_path(id), R"({"volume":{"size":3}})").status, 400);

  EXPECT_EQ(world.post(volume_path(id, "/metadata"), R"({"metadata":{"a":"1","b":"2"}})").status,
            200);
  EXPECT_EQ(world.send("demo", "PUT", volume_path(id, "/metadata/a"), R"({"meta":{"a":"3"}})")
                .text("meta", "a"),
            "3");
  EXPECT_EQ(world.send("demo", "DELETE", volume_path(id, "/metadata/b")).status, 200);
  EXPECT_EQ(world.get(volume_path(id, "/metadata/b")).status, 404);
  EXPECT_EQ(base::to_text(world.get(volume_path(id, "/metadata")).at("metadata")), R"({"a":"3"})");
}

TEST(CinderVolumes, whose_metadata_somebody_else_has_changed_are_left_alone) {
  CinderWorld world;
  const std::string path = volume_path(world.make_volume(), "/metadata");
  const auto etag = [&](const char* version) {
    return std::string(world.get(path, version).headers.value("etag"));
  };
  const auto set = [&](const std::string& key, const std::string& seen, const char* version) {
    const std::string body = R"({"meta":{")" + key + R"(":"x"}})";
    return world.send("demo", "PUT", path + "/" + key, body, version, {{"If-Match", seen}}).status;
  };
  const std::string first = etag("3.15");
  EXPECT_EQ(etag("3.14"), "");
  EXPECT_EQ(first.size(), 34U);

  EXPECT_EQ(set("a", "\"other\", " + first, "3.15"), 200);
  EXPECT_EQ(set("b", first, "3.15"), 412);
  EXPECT_EQ(
      world.send("demo", "PUT", path, R"({"metadata":{}})", "3.15", {{"If-Match", first}}).status,
      412);
  EXPECT_EQ(base::to_text(world.get(path).at("metadata")), R"({"a":"x"})");
  EXPECT_EQ(set("b", first, "3.14"), 200);
  EXPECT_EQ(set("c", "*", "3.15"), 200);
  EXPECT_NE(etag("3.15"), first);
}

TEST(CinderVolumes, are_extended_within_quota_and_pool) {
  CinderWorld world{{{{"DEFAULT/quota_gigabytes", "10"}}}};
  const std::string id = world.make_volume();

  EXPECT_EQ(world.act(id, R"({"os-extend":{"new_size":5}})").status, 202);
  ASSERT_TRUE(world.wait_for(volume_path(id), "available"));
  EXPECT_EQ(world.get(volume_path(id)).at("volume", "size").as_int64(), 5);
  EXPECT_EQ(std::filesystem::file_size(world.path("volume-" + id)), uint64_t{5} << 30);

  EXPECT_EQ(world.act(id, R"({"os-extend":{"new_size":5}})").status, 400);
  EXPECT_EQ(world.act(id, R"({"os-extend":{"new_size":11}})").status, 413);
  EXPECT_EQ(world.act(id, R"({"os-extend":{"new_size":null}})").status, 400);
}

TEST(CinderVolumes, take_what_administrators_and_owners_say_of_them) {
  CinderWorld world;
  const std::string id = world.make_volume();

  EXPECT_EQ(world.act(id, R"({"os-set_bootable":{"bootable":true}})").status, 200);
  EXPECT_EQ(world.act(id, R"({"os-update_readonly_flag":{"readonly":true}})").status, 202);
  const auto shown = world.get(volume_path(id));
  EXPECT_EQ(shown.text("volume", "bootable"), "true");
  EXPECT_EQ(shown.text("volume", "metadata", "readonly"), "True");

  const std::string reset = R"({"os-reset_status":{"status":"error"}})";
  EXPECT_EQ(world.act(id, reset).status, 403);
  EXPECT_EQ(world.send("admin", "POST", volume_path(id, "/action"), reset).status, 202);
  EXPECT_EQ(world.get(volume_path(id)).text("volume", "status"), "error");
}

TEST(CinderVolumes, are_copied_from_volumes_and_snapshots) {
  CinderWorld world;
  const std::string original = world.make_volume(R"("size":2)");
  std::ofstream(world.path("volume-" + original), std::ios::in | std::ios::out) << "content";
  const std::string snapshot = world.make_snapshot(original);

  const std::string copy = world.make_volume(R"("source_volid":")" + original + R"(","size":3)");
  const auto of_snapshot =
      world.post("/v3/volumes", R"({"volume":{"snapshot_id":")" + snapshot + R"("}})");
  const std::string other = of_snapshot.text("volume", "id");
  ASSERT_TRUE(world.wait_for(volume_path(other), "available"));

  EXPECT_EQ(of_snapshot.at("volume", "size").as_int64(), 2);
  for (const std::string& id : {copy, other}) {
    std::string text(7, ' ');
    std::ifstream(world.path("volume-" + id)).read(text.data(), 7);
    EXPECT_EQ(text, "content");
  }
  const auto smaller =
      world.post("/v3/volumes", R"({"volume":{"size":1,"source_volid":")" + original + R"("}})");
  EXPECT_EQ(smaller.status, 400);
}

TEST(CinderVolumes, are_made_of_images) {
  CinderWorld world;
  const std::string image = "99999999-9999-4999-8999-999999999999";
  world.add_image(image, "image content");

  const std::string id = world.make_volume(R"("imageRef":")" + image + "\"");

  std::string text(14, ' ');
  std::ifstream(world.path("volume-" + id)).read(text.data(), 14);
  EXPECT_EQ(text, std::string("image content") + '\0');
  const auto shown = world.get(volume_path(id));
  EXPECT_EQ(shown.text("volume", "bootable"), "true");
  EXPECT_EQ(shown.text("volume", "volume_image_metadata", "image_id"), image);
  EXPECT_EQ(shown.text("volume", "volume_image_metadata", "hw_disk_bus"), "scsi");
}

TEST(CinderVolumes, are_not_made_of_images_that_can_not_be) {
  CinderWorld world;
  const std::string image = "99999999-9999-4999-8999-999999999999";
  const auto refused = [&](const std::string& reference, const std::string& size) {
    return world.post("/v3/volumes", R"({"volume":{"imageRef":")" + reference + "\"" + size + "}}")
        .status;
  };
  world.add_image(image, "image content", "deactivated");
  EXPECT_EQ(refused(image, R"(,"size":1)"), 400);
  EXPECT_EQ(refused(image, ""), 400);
  EXPECT_EQ(refused("no-id", R"(,"size":1)"), 400);
  EXPECT_EQ(refused("99999999-9999-4999-8999-999999999998", R"(,"size":1)"), 404);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volumes"), 0);
}

TEST(CinderVolumes, with_snapshots_are_deleted_with_them_only) {
  CinderWorld world;
  const std::string id = world.make_volume();
  const std::string snapshot = world.make_snapshot(id);

  EXPECT_EQ(world.send("demo", "DELETE", volume_path(id)).status, 400);
  EXPECT_EQ(world.send("demo", "DELETE", volume_path(id, "?cascade=true")).status, 202);
  EXPECT_TRUE(world.wait_for(volume_path(id), "gone"));
  EXPECT_TRUE(world.wait_for("/v3/snapshots/" + snapshot, "gone"));
  EXPECT_EQ(world.files(), std::vector<std::string>{});
}

TEST(CinderSnapshots, are_made_changed_listed_and_deleted) {
  CinderWorld world;
  const std::string volume = world.make_volume();
  const std::string id = world.make_snapshot(volume);
  const std::string path = "/v3/snapshots/" + id;

  EXPECT_EQ(world.send("other", "GET", path).status, 404);
  EXPECT_EQ(
      world.send("demo", "PUT", path, R"({"snapshot":{"name":"new"}})").text("snapshot", "name"),
      "new");
  EXPECT_EQ(world.post(path + "/metadata", R"({"metadata":{"a":"1"}})").status, 200);
  const auto list = world.get("/v3/snapshots/detail?volume_id=" + volume);
  EXPECT_EQ(list.text("snapshots", 0, "metadata", "a"), "1");
  EXPECT_EQ(list.text("snapshots", 0, "os-extended-snapshot-attributes:progress"), "100%");

  EXPECT_EQ(world.send("demo", "DELETE", path).status, 202);
  EXPECT_TRUE(world.wait_for(path, "gone"));
  EXPECT_EQ(world.files(), std::vector<std::string>{"volume-" + volume});
}

// ---- what a dead process left

TEST(CinderVolumes, that_a_dead_back_end_left_are_taken_up_at_its_start) {
  CinderWorld world;
  const std::string doomed = world.make_volume();
  world.stop_volume_role();
  const std::string fresh =
      world.post("/v3/volumes", R"({"volume":{"size":1}})").text("volume", "id");
  EXPECT_EQ(world.send("demo", "DELETE", volume_path(doomed)).status, 202);
  EXPECT_EQ(world.send("demo", "DELETE", volume_path(doomed)).status, 202);
  std::ofstream(world.path("volume-" + fresh + ".part")) << "piece";

  world.start_volume_role();

  EXPECT_TRUE(world.wait_for(volume_path(fresh), "available"));
  EXPECT_TRUE(world.wait_for(volume_path(doomed), "gone"));
  EXPECT_EQ(world.files(), std::vector<std::string>{"volume-" + fresh});
}

TEST(CinderVolumes, without_an_owner_are_removed_from_the_back_end) {
  CinderWorld world;
  const std::string kept = world.make_volume();
  world.stop_volume_role();
  std::ofstream(world.path("volume-11111111-1111-4111-8111-111111111111")) << "stray";
  std::ofstream(world.path("snapshot-11111111-1111-4111-8111-111111111111.part")) << "stray";

  world.start_volume_role();

  for (int i = 0; i < 1000 && world.files().size() > 1; ++i)
    platform::system_executor().sleep_for(std::chrono::milliseconds{5});
  EXPECT_EQ(world.files(), std::vector<std::string>{"volume-" + kept});
}

TEST(CinderVolumes, whose_back_end_never_answers_end_in_an_error_that_says_so) {
  CinderWorld world{{{{"DEFAULT/report_interval", "1"}}}};
  const std::string id = world.make_volume();
  const std::string snapshot = world.make_snapshot(id);
  world.stop_volume_role();
  EXPECT_EQ(world.act(id, R"({"os-extend":{"new_size":2}})").status, 202);
  EXPECT_EQ(world.send("demo", "DELETE", "/v3/snapshots/" + snapshot).status, 202);

  world.run_statement("UPDATE volumes SET task_deadline=1, attempts=4");
  world.run_statement("UPDATE snapshots SET task_deadline=1, attempts=4");

  EXPECT_TRUE(world.wait_for(volume_path(id), "error_extending"));
  EXPECT_TRUE(world.wait_for("/v3/snapshots/" + snapshot, "error_deleting"));
  EXPECT_EQ(world.count("SELECT SUM(claimed_gib) FROM volumes"), 1);
}

}  // namespace
