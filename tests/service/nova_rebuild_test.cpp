// The action "rebuild", and the old words for images.
#include <gtest/gtest.h>

#include "nova_world.hpp"

namespace {

using nova_tests::Conduct;
using nova_tests::kImage;
using nova_tests::NovaWorld;

std::string rebuild_body(const std::string& members = "") {
  return std::string(R"({"rebuild":{"imageRef":")") + kImage + "\"" + members + "}}";
}

TEST(NovaRebuild, answers_the_new_server_and_ends_active) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server(R"("metadata":{"old":"1"})");
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  world.conduct("host-a", Conduct::ignores);

  const auto answer =
      world.act(id, rebuild_body(R"(,"name":"again","adminPass":"pass","metadata":{"new":"2"},)"
                                 R"("accessIPv6":"0:0::babe:220.12.22.2")"));

  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.text("server", "name"), "again");
  EXPECT_EQ(answer.text("server", "status"), "REBUILD");
  EXPECT_EQ(answer.text("server", "adminPass"), "pass");
  EXPECT_EQ(answer.text("server", "accessIPv6"), "::babe:dc0c:1602");
  EXPECT_EQ(answer.at("server", "metadata").as_object().size(), 1U);
  EXPECT_EQ(answer.headers.value("Location"), "http://nova.test:8774/v2.1/servers/" + id);
}

TEST(NovaRebuild, is_done_by_the_host_where_the_server_is) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));

  EXPECT_EQ(world.act(id, rebuild_body()).status, 202);

  EXPECT_TRUE(world.wait_for_status(id, "ACTIVE"));
  const auto actions = world.get("/v2.1/servers/" + id + "/os-instance-actions");
  EXPECT_EQ(actions.text("instanceActions", 0, "action"), "rebuild");
}

TEST(NovaRebuild, is_refused_in_a_state_or_with_an_image_that_does_not_do) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));
  const std::string unknown = "11111111-1111-4111-8111-111111111111";

  EXPECT_EQ(world.act(id, R"({"rebuild":{"imageRef":")" + unknown + "\"}}").message(),
            "Can not find requested image");
  EXPECT_EQ(world.act(unknown, rebuild_body()).status, 404);
  EXPECT_EQ(world.act(id, rebuild_body(R"(,"surprise":1)")).status, 400);
  EXPECT_EQ(world.act(id, rebuild_body(R"(,"preserve_ephemeral":true)")).message(),
            "The current driver does not support preserving ephemeral partitions.");
  EXPECT_EQ(world.act(id, rebuild_body(R"(,"description":"from 2.19 on")")).status, 400);
  ASSERT_EQ(world.act(id, R"({"pause":null})").status, 202);
  ASSERT_TRUE(world.wait_for_status(id, "PAUSED"));
  EXPECT_EQ(world.act(id, rebuild_body()).message(),
            "Cannot 'rebuild' instance " + id + " while it is in vm_state paused");
}

TEST(NovaRebuild, makes_a_new_password_and_takes_a_key_since_2_54) {
  NovaWorld world;
  world.make_flavor();
  const std::string id = world.make_server();
  ASSERT_TRUE(world.wait_for_status(id, "ACTIVE"));

  const auto answer = world.post("/v2.1/servers/" + id + "/action",
                                 rebuild_body(R"(,"key_name":null,"user_data":"aGk=")"), "2.57");

  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.text("server", "adminPass").size(), 12U);
  EXPECT_TRUE(answer.at("server", "key_name").is_null());
  EXPECT_EQ(answer.text("server", "user_data"), "aGk=");
}

TEST(NovaImages, are_glances_until_2_35) {
  NovaWorld world;
  const std::string path = std::string("/v2.1/images/") + kImage;

  const auto image = world.get(path);

  EXPECT_EQ(image.text("image", "status"), "ACTIVE");
  EXPECT_EQ(image.at("image", "minRam").as_int64(), 64);
  EXPECT_EQ(image.text("image", "links", 2, "rel"), "alternate");
  EXPECT_EQ(world.get(path + "/metadata").at("metadata").as_object().size(), 0U);
  EXPECT_EQ(world.get("/v2.1/images/none").message(), "Image not found.");
  EXPECT_EQ(world.get(path, "2.36").status, 404);
}

}  // namespace
