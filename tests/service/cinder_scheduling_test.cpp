// Where volumes go: several back ends, types, zones, capacity, quotas.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;

const cinder_tests::WorldOptions kTwoBackends{{{"DEFAULT/enabled_backends", "fast,slow"},
                                               {"fast/volume_backend_name", "ssd"},
                                               {"slow/backend_availability_zone", "attic"}}};

std::string make_type(CinderWorld& world, const std::string& name, const std::string& specs) {
  return world
      .send("admin", "POST", "/v3/types",
            R"({"volume_type":{"name":")" + name + R"(","extra_specs":)" + specs + "}}")
      .text("volume_type", "id");
}

std::string pool_of(CinderWorld& world, const std::string& id) {
  return world.send("admin", "GET", "/v3/volumes/" + id).text("volume", "os-vol-host-attr:host");
}

TEST(CinderScheduling, a_type_chooses_the_back_end_that_has_what_it_asks_for) {
  CinderWorld world(kTwoBackends);
  make_type(world, "quick", R"({"volume_backend_name":"ssd","QoS_support":"<is> False"})");
  make_type(world, "odd", R"({"volume_backend_name":"tape"})");

  EXPECT_EQ(pool_of(world, world.make_volume(R"("volume_type":"quick")")), "host@fast#ssd");
  const auto odd = world.post("/v3/volumes", R"({"volume":{"size":1,"volume_type":"odd"}})");
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + odd.text("volume", "id"), "error"));
}

TEST(CinderScheduling, a_volume_takes_another_type_if_its_pool_is_what_that_asks_for) {
  CinderWorld world(kTwoBackends);
  make_type(world, "quick", R"({"volume_backend_name":"ssd"})");
  make_type(world, "lazy", R"({"volume_backend_name":"slow"})");
  const std::string id = world.make_volume(R"("volume_type":"quick")");

  EXPECT_EQ(world.act(id, R"({"os-retype":{"new_type":"lazy"}})").status, 400);
  EXPECT_EQ(world.act(id, R"({"os-retype":{"new_type":"nothing"}})").status, 404);
  EXPECT_EQ(world.act(id, R"({"os-retype":{"new_type":"__DEFAULT__"}})").status, 202);
  EXPECT_EQ(world.get("/v3/volumes/" + id).text("volume", "volume_type"), "__DEFAULT__");
}

TEST(CinderScheduling, a_zone_chooses_the_back_end_in_it) {
  CinderWorld world(kTwoBackends);

  const std::string id = world.make_volume(R"("availability_zone":"attic")");

  EXPECT_EQ(pool_of(world, id), "host@slow#slow");
  EXPECT_EQ(world.files("slow"), std::vector<std::string>{"volume-" + id});
  EXPECT_EQ(world.files("fast"), std::vector<std::string>{});
  EXPECT_EQ(world.get("/v3/os-availability-zone").at("availabilityZoneInfo").as_array().size(), 2U);
}

TEST(CinderScheduling, functions_of_back_ends_choose) {
  cinder_tests::WorldOptions options = kTwoBackends;
  options.config.erase("slow/backend_availability_zone");
  options.config["DEFAULT/scheduler_default_filters"] = "CapacityFilter,DriverFilter";
  options.config["DEFAULT/scheduler_default_weighers"] = "GoodnessWeigher";
  options.config["fast/filter_function"] = "volume.size < 5";
  options.config["fast/goodness_function"] = "volume.size == 2 ? 100 : 10";
  options.config["slow/goodness_function"] = "stats.reserved_percentage + 50";
  CinderWorld world(options);

  EXPECT_EQ(pool_of(world, world.make_volume(R"("size":2)")), "host@fast#ssd");
  EXPECT_EQ(pool_of(world, world.make_volume(R"("size":3)")), "host@slow#slow");
  EXPECT_EQ(pool_of(world, world.make_volume(R"("size":6)")), "host@slow#slow");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM scheduling_decisions WHERE decision LIKE "
                        "'%DriverFilter%GoodnessWeigher%'"),
            3);
}

TEST(CinderScheduling, a_back_end_whose_functions_make_no_sense_gets_nothing) {
  cinder_tests::WorldOptions options = kTwoBackends;
  options.config.erase("slow/backend_availability_zone");
  options.config["DEFAULT/scheduler_default_filters"] = "DriverFilter";
  options.config["DEFAULT/scheduler_default_weighers"] = "GoodnessWeigher";
  options.config["fast/filter_function"] = "volume.colour == (";
  options.config["slow/goodness_function"] = "1 / 0";
  CinderWorld world(options);
  EXPECT_EQ(pool_of(world, world.make_volume()), "host@slow#slow");
}

TEST(CinderScheduling, a_copy_stays_where_its_source_is) {
  CinderWorld world(kTwoBackends);
  const std::string id = world.make_volume(R"("availability_zone":"attic")");
  EXPECT_EQ(pool_of(world, world.make_volume(R"("source_volid":")" + id + "\"")), "host@slow#slow");
}

TEST(CinderScheduling, hints_keep_volumes_together_and_apart) {
  cinder_tests::WorldOptions options = kTwoBackends;
  options.config.erase("slow/backend_availability_zone");
  CinderWorld world(options);
  const std::string first = world.make_volume();
  const auto make_with = [&](const std::string& hint) {
    const auto made =
        world.post("/v3/volumes", R"({"volume":{"size":1},"OS-SCH-HNT:scheduler_hints":{")" + hint +
                                      R"(":[")" + first + R"("]}})");
    const std::string id = made.text("volume", "id");
    EXPECT_TRUE(world.wait_for("/v3/volumes/" + id, "available"));
    return pool_of(world, id);
  };
  EXPECT_EQ(make_with("same_host"), pool_of(world, first));
  EXPECT_NE(make_with("different_host"), pool_of(world, first));
}

TEST(CinderScheduling, a_disabled_service_gets_nothing) {
  CinderWorld world;
  const auto disabled = world.send("admin", "PUT", "/v3/os-services/disable-log-reason",
                                   R"({"host":"host@file","binary":"cinder-volume",)"
                                   R"("disabled_reason":"repair"})");
  EXPECT_EQ(disabled.text("disabled_reason"), "repair");
  const auto made = world.post("/v3/volumes", R"({"volume":{"size":1}})");
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + made.text("volume", "id"), "error"));
  const auto services = world.send("admin", "GET", "/v3/os-services?binary=cinder-volume");
  EXPECT_EQ(services.text("services", 0, "status"), "disabled");
  EXPECT_EQ(services.text("services", 0, "state"), "up");
  EXPECT_EQ(world.get("/v3/os-services").status, 403);
}

TEST(CinderScheduling, what_is_promised_never_exceeds_the_pool) {
  CinderWorld world{{{{"DEFAULT/quota_gigabytes", "-1"}, {"DEFAULT/quota_volumes", "-1"}}}};
  world.run_statement("UPDATE services SET last_seen_at=last_seen_at+3600000000");
  world.stop_volume_role();
  world.run_statement(
      "UPDATE pools SET total_gib=10, free_gib=1000, over_subscription_percent=100");
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(world.post("/v3/volumes", R"({"volume":{"size":3}})").status, 202);

  for (int i = 0; i < 1000; ++i) {
    if (world.count("SELECT COUNT(*) FROM scheduling_decisions") == 8) break;
    platform::system_executor().sleep_for(std::chrono::milliseconds{5});
  }
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volumes WHERE pool<>''"), 3);
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volumes WHERE status='error'"), 5);
}

TEST(CinderScheduling, pools_are_shown_with_what_they_have) {
  CinderWorld world;
  world.make_volume(R"("size":7)");
  EXPECT_EQ(world.get("/v3/scheduler-stats/get_pools").status, 403);
  const auto pools = world.send("admin", "GET", "/v3/scheduler-stats/get_pools?detail=true");
  EXPECT_EQ(pools.text("pools", 0, "name"), "host@file#file");
  EXPECT_EQ(pools.at("pools", 0, "capabilities", "allocated_capacity_gb").as_int64(), 7);
  EXPECT_TRUE(pools.at("pools", 0, "capabilities", "thin_provisioning_support").as_bool());
}

TEST(CinderScheduling, says_why_a_pool_was_chosen) {
  CinderWorld world;
  const std::string id = world.make_volume();
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM scheduling_decisions WHERE decision LIKE "
                        "'%CapacityFilter%host@file#file%' OR decision LIKE "
                        "'%host@file#file%CapacityFilter%'"),
            1);
}

TEST(CinderTypes, are_made_changed_and_deleted_unless_used) {
  CinderWorld world;
  const std::string id = make_type(world, "gold", R"({"volume_backend_name":"file"})");
  const std::string path = "/v3/types/" + id;

  EXPECT_EQ(world.post("/v3/types", R"({"volume_type":{"name":"mine"}})").status, 403);
  EXPECT_EQ(world.send("admin", "POST", "/v3/types", R"({"volume_type":{"name":"gold"}})").status,
            409);
  EXPECT_EQ(base::to_text(world.get(path).at("volume_type", "extra_specs")), "{}");
  EXPECT_EQ(world.send("admin", "PUT", path, R"({"volume_type":{"name":"silver"}})")
                .text("volume_type", "name"),
            "silver");
  EXPECT_EQ(world.send("admin", "PUT", path + "/extra_specs/a", R"({"a":"1"})").text("a"), "1");
  EXPECT_EQ(world.send("admin", "DELETE", path + "/extra_specs/a").status, 202);
  EXPECT_EQ(world.send("admin", "GET", path + "/extra_specs/a").status, 404);

  world.make_volume(R"("volume_type":"silver")");
  EXPECT_EQ(world.send("admin", "DELETE", path).status, 400);
  const std::string other = make_type(world, "unused", "{}");
  EXPECT_EQ(world.send("admin", "DELETE", "/v3/types/" + other).status, 202);
  EXPECT_EQ(world.get("/v3/types/default").text("volume_type", "name"), "__DEFAULT__");
}

TEST(CinderTypes, that_are_private_are_for_those_who_were_given_them) {
  CinderWorld world;
  const auto made =
      world.send("admin", "POST", "/v3/types",
                 R"({"volume_type":{"name":"secret","os-volume-type-access:is_public":false}})");
  const std::string path = "/v3/types/" + made.text("volume_type", "id");
  EXPECT_EQ(world.get(path).status, 404);
  EXPECT_EQ(world.post("/v3/volumes", R"({"volume":{"size":1,"volume_type":"secret"}})").status,
            404);
  // MD5 of "demo".
  const std::string access =
      R"({"addProjectAccess":{"project":"fe01ce2a7fbac8fafaed7c982a04e229"}})";
  EXPECT_EQ(world.send("admin", "POST", path + "/action", access).status, 202);
  EXPECT_EQ(world.send("admin", "POST", path + "/action", access).status, 409);
  EXPECT_EQ(world.get(path).status, 200);
  EXPECT_EQ(world.send("admin", "GET", path + "/os-volume-type-access")
                .text("volume_type_access", 0, "project_id"),
            "fe01ce2a7fbac8fafaed7c982a04e229");
}

// Names of all that are listed, each with a blank behind it.
std::string listed_types(CinderWorld& world, const std::string& who, const std::string& query) {
  std::string names;
  const auto listed = world.send(who, "GET", "/v3/types" + query);
  for (const base::Json& type : listed.at("volume_types").as_array())
    names += base::get_text(type, "name") + " ";
  return names;
}

TEST(CinderTypes, are_listed_for_who_may_use_them_and_as_administrators_want) {
  CinderWorld world;
  world.send("admin", "POST", "/v3/types",
             R"({"volume_type":{"name":"secret","os-volume-type-access:is_public":false}})");
  EXPECT_EQ(listed_types(world, "demo", ""), "__DEFAULT__ ");
  EXPECT_EQ(listed_types(world, "demo", "?is_public=None"), "__DEFAULT__ ");
  EXPECT_EQ(listed_types(world, "admin", ""), "__DEFAULT__ ");
  EXPECT_EQ(listed_types(world, "admin", "?is_public=false"), "secret ");
  EXPECT_EQ(listed_types(world, "admin", "?is_public=None"), "secret __DEFAULT__ ");
  EXPECT_EQ(world.send("admin", "GET", "/v3/types?is_public=perhaps").status, 400);

  const std::string by_name = "?is_public=None&sort_key=name&sort_dir=asc";
  EXPECT_EQ(listed_types(world, "admin", by_name), "__DEFAULT__ secret ");
  EXPECT_EQ(listed_types(world, "admin", by_name + "&limit=1"), "__DEFAULT__ ");
  EXPECT_EQ(listed_types(world, "admin", by_name + "&offset=1"), "secret ");
  EXPECT_EQ(world.send("admin", "GET", "/v3/types" + by_name + "&limit=1")
                .at("volume_type_links")
                .as_array()
                .size(),
            1U);
  EXPECT_EQ(world.send("admin", "GET", "/v3/types?sort_key=colour").status, 400);
}

TEST(CinderQuotas, are_counted_set_and_forgotten) {
  CinderWorld world;
  world.make_volume(R"("size":2)");
  const std::string path = "/v3/os-quota-sets/fe01ce2a7fbac8fafaed7c982a04e229";

  const auto usage = world.get(path + "?usage=True");
  EXPECT_EQ(usage.at("quota_set", "gigabytes", "in_use").as_int64(), 2);
  EXPECT_EQ(usage.at("quota_set", "volumes___DEFAULT__", "in_use").as_int64(), 1);
  EXPECT_EQ(world.send("admin", "PUT", path, R"({"quota_set":{"volumes":1}})").status, 200);
  const auto second = world.post("/v3/volumes", R"({"volume":{"size":1}})");
  EXPECT_EQ(second.status, 413);
  EXPECT_EQ(second.message(),
            "Maximum number of volumes allowed (1) exceeded for quota 'volumes'.");
  EXPECT_EQ(world.send("admin", "DELETE", path).status, 200);
  EXPECT_EQ(world.get(path).at("quota_set", "volumes").as_int64(), 10);
  EXPECT_EQ(world.send("admin", "PUT", path, R"({"quota_set":{"moons":1}})").status, 400);
  const auto limits = world.get("/v3/limits");
  EXPECT_EQ(limits.at("limits", "absolute", "totalVolumesUsed").as_int64(), 1);
  EXPECT_EQ(limits.at("limits", "absolute", "maxTotalVolumes").as_int64(), 10);
}

TEST(CinderScheduling, room_that_a_deletion_makes_is_known_once_the_volume_is_gone) {
  CinderWorld world;
  const std::string id = world.make_volume(R"("size":4)");
  const int file = ::open(world.path("volume-" + id).c_str(), O_WRONLY | O_CLOEXEC);
  const int refused = ::posix_fallocate(file, 0, int64_t{4} << 30);
  ::close(file);
  if (refused != 0) GTEST_SKIP() << "4 GiB of disk are not free";
  world.stop_volume_role();
  world.run_statement("DELETE FROM pools");
  world.start_volume_role();
  const int64_t before = world.count("SELECT free_gib FROM pools");

  EXPECT_EQ(world.send("demo", "DELETE", "/v3/volumes/" + id).status, 202);
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + id, "gone"));

  // Not quite 4: others use the disk, too.
  EXPECT_GE(world.count("SELECT free_gib FROM pools"), before + 2);
}

TEST(CinderApi, says_which_versions_there_are) {
  CinderWorld world;
  const auto versions = world.get("/");
  EXPECT_EQ(versions.status, 300);
  EXPECT_EQ(versions.text("versions", 0, "id"), "v3.0");
  EXPECT_EQ(world.get("/v3/").text("versions", 0, "version"), "3.70");
  EXPECT_EQ(world.get("/v3/volumes", "3.71").status, 406);
  EXPECT_EQ(world.get("/v3/backups").status, 501);
}

}  // namespace
