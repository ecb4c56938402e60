// Volumes in QCOW2: what is in the file, and what a target gets to see.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cinder_world.hpp"

namespace {

using cinder_tests::CinderWorld;

constexpr const char* kQcow2Image = "99999999-9999-4999-8999-999999999999";

class CinderQcow2 : public testing::Test {
 protected:
  void SetUp() override {
    if (::access("/dev/fuse", R_OK | W_OK) != 0 || ::geteuid() != 0) GTEST_SKIP() << "no FUSE";
    world_ = std::make_unique<CinderWorld>(
        cinder_tests::WorldOptions{{{"file/volume_format", "qcow2"}}});
  }
  // The files that targets read and write.
  [[nodiscard]] std::vector<std::string> views() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(world_->path("exports/file", ".")))
      if (entry.path().extension() != ".pid") paths.push_back(entry.path());
    return paths;
  }
  std::string attach(const std::string& volume) {
    const auto made = world_->post(
        "/v3/attachments",
        R"({"attachment":{"volume_uuid":")" + volume +
            R"(","instance_uuid":"77777777-7777-4777-8777-777777777777",)"
            R"("connector":{"initiator":"iqn.2010-10.org.test:host","host":"compute"}}})",
        "3.44");
    EXPECT_EQ(made.status, 200) << made.body;
    const std::string id = made.text("attachment", "id");
    EXPECT_EQ(
        world_->post("/v3/attachments/" + id + "/action", R"({"os-complete":{}})", "3.44").status,
        204);
    return id;
  }

  std::unique_ptr<CinderWorld> world_;
};

TEST_F(CinderQcow2, are_within_reach_as_the_bytes_that_they_hold) {
  world_->add_image(kQcow2Image, "bytes of an image");
  const std::string id = world_->make_volume(R"("imageRef":")" + std::string(kQcow2Image) + "\"");
  std::string magic(3, ' ');
  std::ifstream(world_->path("volume-" + id)).read(magic.data(), 3);
  EXPECT_EQ(magic, "QFI");

  const std::string attachment = attach(id);

  ASSERT_EQ(views().size(), 1U);
  EXPECT_EQ(std::filesystem::file_size(views().front()), uintmax_t{1} << 30);
  std::string text(17, ' ');
  std::ifstream(views().front()).read(text.data(), 17);
  EXPECT_EQ(text, "bytes of an image");
  EXPECT_EQ(world_->send("demo", "DELETE", "/v3/attachments/" + attachment, "", "3.44").status,
            200);
  EXPECT_TRUE(views().empty());
}

TEST_F(CinderQcow2, keep_what_was_written_through_a_snapshot_and_an_extension) {
  const std::string id = world_->make_volume();
  attach(id);
  std::fstream(views().front(), std::ios::in | std::ios::out).write("guest", 5);
  const auto made =
      world_->post("/v3/snapshots", R"({"snapshot":{"volume_id":")" + id + R"(","force":true}})");
  ASSERT_EQ(made.status, 202) << made.body;
  const std::string snapshot = made.text("snapshot", "id");
  ASSERT_TRUE(world_->wait_for("/v3/snapshots/" + snapshot, "available"));

  const std::string copy = world_->make_volume(R"("snapshot_id":")" + snapshot + R"(","size":2)");
  attach(copy);

  for (const std::string& view : views()) {
    std::string text(5, ' ');
    std::ifstream(view).read(text.data(), 5);
    EXPECT_EQ(text, "guest") << view;
  }
}

}  // namespace
