// Volumes that go from one project to another.
#include <gtest/gtest.h>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;

std::string accept_body(const std::string& key) {
  return R"({"accept":{"auth_key":")" + key + R"("}})";
}

service_tests::Answer offer(CinderWorld& world, const std::string& volume,
                            const std::string& version = "", const std::string& more = "") {
  return world.post("/v3/os-volume-transfer",
                    R"({"transfer":{"volume_id":")" + volume + R"(","name":"gift")" + more + "}}",
                    version);
}

TEST(CinderTransfers, give_a_volume_with_its_snapshots_to_who_knows_the_key) {
  CinderWorld world;
  const std::string volume = world.make_volume();
  const std::string snapshot = world.make_snapshot(volume);

  const auto offered = offer(world, volume);

  ASSERT_EQ(offered.status, 202) << offered.body;
  const std::string path = "/v3/os-volume-transfer/" + offered.text("transfer", "id");
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + volume, "awaiting-transfer"));
  EXPECT_EQ(world.get(path).text("transfer", "name"), "gift");
  EXPECT_FALSE(world.get(path).at("transfer").as_object().contains("auth_key"));
  EXPECT_EQ(world.send("other", "GET", path).status, 404);
  EXPECT_EQ(world.send("other", "POST", path + "/accept", accept_body("guess")).status, 400);
  const std::string key = offered.text("transfer", "auth_key");
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volume_transfers WHERE key_hash='" + key + "'"), 0);

  const auto accepted = world.send("other", "POST", path + "/accept", accept_body(key));

  EXPECT_EQ(accepted.status, 202) << accepted.body;
  EXPECT_EQ(accepted.text("transfer", "volume_id"), volume);
  EXPECT_EQ(world.send("other", "GET", "/v3/volumes/" + volume).text("volume", "status"),
            "available");
  EXPECT_EQ(world.send("other", "GET", "/v3/snapshots/" + snapshot).status, 200);
  EXPECT_EQ(world.get("/v3/volumes/" + volume).status, 404);
  EXPECT_EQ(world.send("other", "POST", path + "/accept", accept_body(key)).status, 404);
  EXPECT_EQ(world.get("/v3/os-volume-transfer").at("transfers").as_array().size(), 0U);
}

TEST(CinderTransfers, may_leave_the_snapshots_and_are_refused_over_quota) {
  CinderWorld world{{{{"DEFAULT/quota_gigabytes", "3"}}}};
  const std::string volume = world.make_volume(R"("size":1)");
  const std::string snapshot = world.make_snapshot(volume);
  const std::string full = world.make_volume(R"("size":1)");
  EXPECT_EQ(offer(world, volume, "3.54", R"(,"no_snapshots":true)").status, 400);
  const auto offered = offer(world, volume, "3.55", R"(,"no_snapshots":true)");
  const auto accept = [&](const service_tests::Answer& transfer) {
    return world
        .send("other", "POST",
              "/v3/volume-transfers/" + transfer.text("transfer", "id") + "/accept",
              accept_body(transfer.text("transfer", "auth_key")), "3.55")
        .status;
  };
  EXPECT_TRUE(offered.at("transfer", "no_snapshots").as_bool());

  EXPECT_EQ(accept(offered), 202);
  EXPECT_EQ(world.get("/v3/snapshots/" + snapshot).status, 200);

  EXPECT_EQ(world
                .send("admin", "PUT", "/v3/os-quota-class-sets/default",
                      R"({"quota_class_set":{"volumes":1}})")
                .status,
            200);
  EXPECT_EQ(accept(offer(world, full)), 413);
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + full, "awaiting-transfer"));
}

TEST(CinderTransfers, that_are_withdrawn_leave_the_volume_as_it_was) {
  CinderWorld world;
  const std::string volume = world.make_volume();
  const auto offered = offer(world, volume, "3.57");
  EXPECT_FALSE(offered.at("transfer", "accepted").as_bool());
  EXPECT_TRUE(offered.at("transfer", "destination_project_id").is_null());
  EXPECT_EQ(offer(world, volume).status, 400);
  EXPECT_EQ(world.send("other", "DELETE", "/v3/volumes/" + volume).status, 404);
  EXPECT_EQ(world.send("demo", "DELETE", "/v3/volumes/" + volume).status, 400);
  const std::string path = "/v3/volume-transfers/" + offered.text("transfer", "id");
  EXPECT_EQ(world.get(path).status, 404) << "before 3.55";
  EXPECT_EQ(world.send("other", "DELETE", path, "", "3.55").status, 404);
  EXPECT_EQ(
      world.get("/v3/volume-transfers/detail?limit=1", "3.55").at("transfers").as_array().size(),
      1U);

  EXPECT_EQ(world.send("demo", "DELETE", path, "", "3.55").status, 202);
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + volume, "available"));
  EXPECT_EQ(offer(world, "11111111-1111-4111-8111-111111111111").status, 404);
}

TEST(CinderTransfers, go_with_a_volume_that_an_administrator_deletes) {
  CinderWorld world;
  const std::string volume = world.make_volume();
  EXPECT_EQ(offer(world, volume).status, 202);
  EXPECT_EQ(
      world.send("admin", "POST", "/v3/volumes/" + volume + "/action", R"({"os-force_delete":{}})")
          .status,
      202);
  EXPECT_TRUE(world.wait_for("/v3/volumes/" + volume, "gone"));
  EXPECT_EQ(world.count("SELECT COUNT(*) FROM volume_transfers"), 0);
}

}  // namespace
