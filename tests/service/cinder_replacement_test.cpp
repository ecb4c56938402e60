// Volumes that get another content: that of their latest snapshot, or of an image.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;
using service_tests::Answer;

constexpr const char* kNewImage = "99999999-9999-4999-8999-999999999999";
constexpr const char* kHolder = "77777777-7777-4777-8777-777777777777";

std::string path_of_replaced(const std::string& id) { return "/v3/volumes/" + id; }
std::string path_of_source(const std::string& id) { return "/v3/snapshots/" + id; }

void write_content(CinderWorld& world, const std::string& id, const std::string& text) {
  std::ofstream(world.path("volume-" + id), std::ios::in | std::ios::out) << text;
}

std::string content_at(CinderWorld& world, const std::string& id) {
  std::string text(7, ' ');
  std::ifstream(world.path("volume-" + id)).read(text.data(), 7);
  return text;
}

std::string status_shown(CinderWorld& world, const std::string& path) {
  return base::text_or(world.get(path).json.as_object().begin()->value(), "status");
}

class CinderRevert : public testing::Test {
 protected:
  CinderRevert() {
    write_content(world_, id_, "before.");
    snapshot_ = world_.make_snapshot(id_);
    write_content(world_, id_, "after..");
  }
  Answer revert(const std::string& snapshot) {
    return world_.post(path_of_replaced(id_) + "/action",
                       R"({"revert":{"snapshot_id":")" + snapshot + "\"}}", "3.40");
  }

  CinderWorld world_;
  const std::string id_ = world_.make_volume();
  std::string snapshot_;
};

TEST_F(CinderRevert, gives_the_volume_what_its_snapshot_has) {
  ASSERT_EQ(revert(snapshot_).status, 202);

  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
  EXPECT_EQ(status_shown(world_, path_of_source(snapshot_)), "available");
  EXPECT_EQ(content_at(world_, id_), "before.");
}

TEST_F(CinderRevert, is_only_to_the_latest_snapshot_of_the_same_size) {
  const std::string later = world_.make_snapshot(id_);
  EXPECT_EQ(revert(snapshot_).status, 400);
  EXPECT_EQ(revert("moon").status, 400);
  EXPECT_EQ(world_.post(path_of_replaced(id_) + "/action", R"({"revert":{}})", "3.40").status, 400);
  EXPECT_EQ(world_.act(id_, R"({"revert":{"snapshot_id":"x"}})").status, 404);
  const std::string bare = world_.make_volume();
  const auto without =
      world_.post(path_of_replaced(bare) + "/action", R"({"revert":{"snapshot_id":"x"}})", "3.40");
  EXPECT_EQ(without.status, 400);
  EXPECT_EQ(without.text("badRequest", "message"),
            "Volume " + bare + " doesn't have any snapshots.");

  EXPECT_EQ(world_.act(id_, R"({"os-extend":{"new_size":2}})").status, 202);
  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
  EXPECT_EQ(revert(later).status, 400);
  EXPECT_EQ(content_at(world_, id_), "after..");
}

TEST_F(CinderRevert, conflicts_with_what_else_is_going_on) {
  world_.run_statement("UPDATE snapshots SET status='error'");
  EXPECT_EQ(revert(snapshot_).status, 409);
  world_.run_statement("UPDATE snapshots SET status='available'");
  EXPECT_EQ(world_
                .post("/v3/attachments",
                      R"({"attachment":{"volume_uuid":")" + id_ + R"(","instance_uuid":")" +
                          kHolder + "\"}}",
                      "3.44")
                .status,
            200);
  EXPECT_EQ(revert(snapshot_).status, 409);
  // Whatever an administrator says of an attached volume.
  world_.run_statement("UPDATE volumes SET status='available'");
  EXPECT_EQ(revert(snapshot_).status, 409);
  EXPECT_EQ(content_at(world_, id_), "after..");
}

TEST_F(CinderRevert, that_a_dead_back_end_left_is_taken_up_at_its_start) {
  world_.stop_volume_role();
  ASSERT_EQ(revert(snapshot_).status, 202);
  EXPECT_EQ(status_shown(world_, path_of_replaced(id_)), "reverting");
  EXPECT_EQ(status_shown(world_, path_of_source(snapshot_)), "restoring");
  EXPECT_EQ(revert(snapshot_).status, 409);
  EXPECT_EQ(world_.send("demo", "DELETE", path_of_source(snapshot_)).status, 400);
  std::ofstream(world_.path("volume-" + id_ + ".part")) << "piece";

  world_.start_volume_role();

  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
  EXPECT_EQ(status_shown(world_, path_of_source(snapshot_)), "available");
  EXPECT_EQ(content_at(world_, id_), "before.");
}

TEST_F(CinderRevert, that_nobody_does_ends_in_an_error_and_leaves_the_snapshot) {
  world_.stop_volume_role();
  ASSERT_EQ(revert(snapshot_).status, 202);

  world_.run_statement("UPDATE volumes SET task_deadline=1, attempts=4");

  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "error"));
  EXPECT_EQ(status_shown(world_, path_of_source(snapshot_)), "available");
  EXPECT_EQ(content_at(world_, id_), "after..");
}

TEST_F(CinderRevert, that_fails_ends_in_an_error_and_changes_nothing) {
  std::filesystem::remove(world_.path("snapshot-" + snapshot_));
  ASSERT_EQ(revert(snapshot_).status, 202);
  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "error"));
  EXPECT_EQ(status_shown(world_, path_of_source(snapshot_)), "available");
  EXPECT_EQ(content_at(world_, id_), "after..");
}

TEST_F(CinderRevert, goes_with_a_volume_that_is_deleted_by_force) {
  world_.stop_volume_role();
  ASSERT_EQ(revert(snapshot_).status, 202);
  EXPECT_EQ(
      world_.send("admin", "POST", path_of_replaced(id_) + "/action", R"({"os-force_delete":{}})")
          .status,
      202);

  world_.start_volume_role();

  EXPECT_TRUE(world_.wait_for(path_of_replaced(id_), "gone"));
  EXPECT_TRUE(world_.wait_for(path_of_source(snapshot_), "gone"));
}

class CinderReimage : public testing::Test {
 protected:
  CinderReimage() {
    world_.add_image(kNewImage, "image.. content");
    write_content(world_, id_, "former.");
  }
  Answer reimage(const std::string& more = "", const std::string& version = "3.68") {
    return world_.post(
        path_of_replaced(id_) + "/action",
        R"({"os-reimage":{"image_id":")" + std::string(kNewImage) + "\"" + more + "}}", version);
  }
  Answer reserve() {
    return world_.post(
        "/v3/attachments",
        R"({"attachment":{"volume_uuid":")" + id_ + R"(","instance_uuid":")" + kHolder + "\"}}",
        "3.44");
  }

  CinderWorld world_;
  const std::string id_ = world_.make_volume();
};

TEST_F(CinderReimage, gives_the_volume_what_the_image_has) {
  ASSERT_EQ(reimage().status, 202);

  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
  EXPECT_EQ(content_at(world_, id_), "image..");
  const auto shown = world_.get(path_of_replaced(id_));
  EXPECT_EQ(shown.text("volume", "bootable"), "true");
  EXPECT_EQ(shown.text("volume", "volume_image_metadata", "image_id"), kNewImage);
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volume_reimages"), 0);
}

TEST_F(CinderReimage, mends_a_volume_that_is_in_error) {
  world_.run_statement("UPDATE volumes SET status='error'");
  ASSERT_EQ(reimage().status, 202);
  EXPECT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
}

TEST_F(CinderReimage, of_a_reserved_volume_has_to_be_asked_for) {
  const std::string attachment = reserve().text("attachment", "id");
  EXPECT_EQ(reimage().status, 400);
  ASSERT_EQ(reimage(R"(,"reimage_reserved":true)").status, 202);
  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "reserved"));
  EXPECT_EQ(content_at(world_, id_), "image..");

  // Whose reservation ends meanwhile is free in the end.
  world_.stop_volume_role();
  ASSERT_EQ(reimage(R"(,"reimage_reserved":true)").status, 202);
  EXPECT_EQ(world_.send("demo", "DELETE", "/v3/attachments/" + attachment, "", "3.44").status, 200);
  world_.start_volume_role();
  EXPECT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
}

TEST_F(CinderReimage, asks_for_an_image_that_is_active_and_fits) {
  EXPECT_EQ(reimage("", "3.67").status, 404);
  EXPECT_EQ(reimage(R"(,"force":true)").status, 400);
  world_.add_image(kNewImage, "content", "queued");
  EXPECT_EQ(reimage().status, 400);
  const auto missing =
      world_.post(path_of_replaced(id_) + "/action",
                  R"({"os-reimage":{"image_id":"88888888-8888-4888-8888-888888888888"}})", "3.68");
  EXPECT_EQ(missing.status, 404);
  world_.run_statement("UPDATE volumes SET size_gib=0");
  world_.add_image(kNewImage, "content");
  EXPECT_EQ(reimage().status, 400);
  EXPECT_EQ(world_.get(path_of_replaced(id_)).text("volume", "status"), "available");
}

TEST_F(CinderReimage, is_refused_for_a_volume_in_use) {
  const std::string attachment = reserve().text("attachment", "id");
  world_.send(
      "demo", "PUT", "/v3/attachments/" + attachment,
      R"({"attachment":{"connector":{"initiator":"iqn.2010-10.org.test:host","host":"h"}}})",
      "3.44");
  world_.run_statement("UPDATE volumes SET status='available'");
  EXPECT_EQ(reimage().status, 400);
  EXPECT_EQ(content_at(world_, id_), "former.");
}

TEST_F(CinderReimage, that_fails_ends_in_an_error_that_is_told_and_changes_nothing) {
  world_.stop_volume_role();
  ASSERT_EQ(reimage().status, 202);
  EXPECT_EQ(status_shown(world_, path_of_replaced(id_)), "downloading");
  world_.damage_image(kNewImage);

  world_.start_volume_role();

  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "error"));
  EXPECT_EQ(content_at(world_, id_), "former.");
  EXPECT_EQ(world_.get(path_of_replaced(id_)).text("volume", "bootable"), "false");
  EXPECT_EQ(world_.get("/v3/messages", "3.3").text("messages", 0, "user_message"),
            "reimage volume:An unknown error occurred.");
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volume_reimages"), 0);
}

TEST_F(CinderReimage, that_a_dead_back_end_left_is_taken_up_at_its_start) {
  world_.stop_volume_role();
  ASSERT_EQ(reimage().status, 202);
  EXPECT_EQ(reimage().status, 400);
  std::ofstream(world_.path("volume-" + id_ + ".part")) << "piece";

  world_.start_volume_role();

  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "available"));
  EXPECT_EQ(content_at(world_, id_), "image..");
}

TEST_F(CinderReimage, that_nobody_does_ends_in_an_error) {
  world_.stop_volume_role();
  ASSERT_EQ(reimage().status, 202);
  world_.run_statement("UPDATE volumes SET task_deadline=1, attempts=4");
  ASSERT_TRUE(world_.wait_for(path_of_replaced(id_), "error"));
  EXPECT_EQ(world_.count("SELECT COUNT(*) FROM volume_reimages"), 0);
}

}  // namespace
