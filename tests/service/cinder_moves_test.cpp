// Volumes that go to another back end, and content that comes from outside or goes there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using cinder_tests::WorldOptions;
using service_tests::Answer;

WorldOptions two_back_ends() {
  return {{{"DEFAULT/enabled_backends", "first,second"}, {"DEFAULT/report_interval", "1"}}};
}

Answer act_as_admin(CinderWorld& world, const std::string& path, const std::string& body) {
  return world.send("admin", "POST", path + "/action", body);
}

std::string path_of(const std::string& volume) { return "/v3/volumes/" + volume; }

void add_type_of(CinderWorld& world, const std::string& backend) {
  const auto made =
      world.send("admin", "POST", "/v3/types",
                 R"({"volume_type":{"name":")" + backend +
                     R"(","extra_specs":{"volume_backend_name":")" + backend + "\"}}}");
  ASSERT_EQ(made.status, 200) << made.body;
}

std::string make_in(CinderWorld& world, const std::string& type) {
  const std::string id = world.make_volume(R"("size":1,"volume_type":")" + type + "\"");
  std::ofstream(world.path("volume-" + id, type), std::ios::in | std::ios::out) << "content";
  return id;
}

std::string beginning_of(const std::string& path) {
  std::string text(7, ' ');
  std::ifstream(path).read(text.data(), 7);
  return text;
}

std::string retype_body(const std::string& type, const std::string& policy = "on-demand") {
  return R"({"os-retype":{"new_type":")" + type + R"(","migration_policy":")" + policy + "\"}}";
}

TEST(CinderMoves, with_another_type_go_where_that_is) {
  CinderWorld world(two_back_ends());
  for (const char* const name : {"first", "second"}) add_type_of(world, name);
  const std::string id = make_in(world, "first");
  EXPECT_EQ(world.act(id, retype_body("second", "never")).status, 400);

  EXPECT_EQ(world.act(id, retype_body("second")).status, 202);

  ASSERT_TRUE(world.wait_for(path_of(id), "available"));
  const auto shown = world.send("admin", "GET", path_of(id));
  EXPECT_EQ(shown.text("volume", "volume_type"), "second");
  EXPECT_EQ(shown.text("volume", "os-vol-host-attr:host"), "host@second#second");
  EXPECT_EQ(shown.text("volume", "migration_status"), "success");
  EXPECT_EQ(beginning_of(world.path("volume-" + id, "second")), "content");
  for (int i = 0; i < 1000 && !world.files("first").empty(); ++i)
    platform::system_executor().sleep_for(std::chrono::milliseconds{5});
  EXPECT_EQ(world.files("first"), std::vector<std::string>{});
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volume_migrations"), 0);
}

TEST(CinderMoves, are_an_administrators_to_order) {
  CinderWorld world(two_back_ends());
  add_type_of(world, "first");
  const std::string id = make_in(world, "first");
  const auto migrate = [&](const std::string& host) {
    return act_as_admin(world, path_of(id),
                        R"({"os-migrate_volume":{"host":")" + host + R"(","lock_volume":true}})")
        .status;
  };
  EXPECT_EQ(world.act(id, R"({"os-migrate_volume":{"host":"host@second#second"}})").status, 403);
  EXPECT_EQ(migrate("host@first#first"), 400);
  EXPECT_EQ(migrate("moon@second#second"), 400);

  EXPECT_EQ(migrate("host@second#second"), 202);

  ASSERT_TRUE(world.wait_for(path_of(id), "available"));
  const auto shown = world.send("admin", "GET", path_of(id));
  EXPECT_EQ(shown.text("volume", "os-vol-host-attr:host"), "host@second#second");
  EXPECT_EQ(shown.text("volume", "os-vol-mig-status-attr:migstat"), "success");
  EXPECT_EQ(shown.text("volume", "volume_type"), "first");
}

TEST(CinderMoves, of_volumes_with_snapshots_are_refused) {
  CinderWorld world(two_back_ends());
  for (const char* const name : {"first", "second"}) add_type_of(world, name);
  const std::string id = make_in(world, "first");
  world.make_snapshot(id);
  EXPECT_EQ(world.act(id, retype_body("second")).status, 400);
  EXPECT_EQ(world.get(path_of(id)).text("volume", "status"), "available");
}

TEST(CinderMoves, that_a_dead_back_end_left_are_taken_up_at_its_start) {
  CinderWorld world(two_back_ends());
  for (const char* const name : {"first", "second"}) add_type_of(world, name);
  const std::string id = make_in(world, "first");
  world.stop_volume_role();
  EXPECT_EQ(world.act(id, retype_body("second")).status, 202);
  EXPECT_EQ(world.act(id, retype_body("second")).status, 400);
  EXPECT_EQ(world.get(path_of(id)).text("volume", "status"), "retyping");
  std::ofstream(world.path("volume-" + id + ".part", "second")) << "piece";

  world.start_volume_role();

  ASSERT_TRUE(world.wait_for(path_of(id), "available"));
  EXPECT_EQ(beginning_of(world.path("volume-" + id, "second")), "content");
}

TEST(CinderMoves, that_nobody_makes_leave_the_volume_where_it_was) {
  CinderWorld world(two_back_ends());
  for (const char* const name : {"first", "second"}) add_type_of(world, name);
  const std::string id = make_in(world, "first");
  world.stop_volume_role();
  EXPECT_EQ(world.act(id, retype_body("second")).status, 202);

  world.run_statement("UPDATE volumes SET task_deadline=1, attempts=4");

  ASSERT_TRUE(world.wait_for(path_of(id), "available"));
  const auto shown = world.send("admin", "GET", path_of(id));
  EXPECT_EQ(shown.text("volume", "volume_type"), "first");
  EXPECT_EQ(shown.text("volume", "migration_status"), "error");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volume_migrations"), 0);
}

TEST(CinderManaging, takes_over_what_was_let_go) {
  CinderWorld world;
  const std::string id = world.make_volume(R"("size":2)");
  std::ofstream(world.path("volume-" + id), std::ios::in | std::ios::out) << "content";
  EXPECT_EQ(world.act(id, R"({"os-unmanage":{}})").status, 403);
  EXPECT_EQ(act_as_admin(world, path_of(id), R"({"os-unmanage":{}})").status, 202);
  ASSERT_TRUE(world.wait_for(path_of(id), "gone"));
  const auto manage = [&](const std::string& name, const std::string& host) {
    return world.send("admin", "POST", "/v3/os-volume-manage",
                      R"({"volume":{"name":"back","host":")" + host +
                          R"(","ref":{"source-name":")" + name + "\"}}}");
  };
  EXPECT_EQ(world.post("/v3/os-volume-manage", R"({"volume":{"host":"h","ref":"x"}})").status, 403);
  EXPECT_EQ(manage("volume-" + id, "moon").status, 404);
  EXPECT_EQ(manage("", "host@file#file").status, 400);

  const auto managed = manage("volume-" + id, "host@file#file");

  ASSERT_EQ(managed.status, 202) << managed.body;
  const std::string back = managed.text("volume", "id");
  ASSERT_TRUE(world.wait_for(path_of(back), "available"));
  EXPECT_EQ(world.send("admin", "GET", path_of(back)).at("volume", "size").as_int64(), 2);
  EXPECT_EQ(beginning_of(world.path("volume-" + back)), "content");

  const auto missing = manage("volume-" + id, "host@file#file");
  EXPECT_TRUE(world.wait_for(path_of(missing.text("volume", "id")), "error_managing"));
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM managed_sources"), 0);
}

TEST(CinderManaging, takes_over_snapshots_too) {
  CinderWorld world;
  const std::string volume = world.make_volume();
  const std::string id = world.make_snapshot(volume);
  EXPECT_EQ(act_as_admin(world, path_of(volume), R"({"os-unmanage":{}})").status, 400);
  EXPECT_EQ(act_as_admin(world, "/v3/snapshots/" + id, R"({"os-unmanage":{}})").status, 202);
  ASSERT_TRUE(world.wait_for("/v3/snapshots/" + id, "gone"));

  const auto managed = world.send("admin", "POST", "/v3/os-snapshot-manage",
                                  R"({"snapshot":{"volume_id":")" + volume +
                                      R"(","ref":{"source-name":"snapshot-)" + id + "\"}}}");

  ASSERT_EQ(managed.status, 202) << managed.body;
  const std::string path = "/v3/snapshots/" + managed.text("snapshot", "id");
  EXPECT_TRUE(world.wait_for(path, "available"));
}

}  // namespace
