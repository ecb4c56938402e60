// Cinder's roles with a pool of LVM's that is full: NEPHELE_TEST_SMALL_VOLUME_GROUP names a volume
// group of about a GiB, all of which is this test's (scripts/storage-guest).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "cinder/drivers/volume/lvm/volume_group.hpp"
#include "cinder_world.hpp"

namespace cinder_tests::on_lvm {
namespace {

using cinder::drivers::VolumeGroup;

constexpr const char* kLvmImage = "88888888-8888-4888-8888-888888888888";

std::string small_group() {
  const char* const group = ::getenv("NEPHELE_TEST_SMALL_VOLUME_GROUP");
  return group ? group : "";
}

class CinderLvm : public testing::Test {
 protected:
  void SetUp() override {
    if (small_group().empty())
      GTEST_SKIP() << "NEPHELE_TEST_SMALL_VOLUME_GROUP names no volume group";
    empty();
    WorldOptions options;
    options.config = {{"file/volume_driver", "lvm"},
                      {"file/volume_group", small_group()},
                      {"file/max_over_subscription_ratio", "20"}};
    world_.emplace(options);
    world_->add_image(kLvmImage, "first bytes" + std::string(8 << 20, 'x'));
  }
  void TearDown() override {
    if (!world_) return;
    world_.reset();
    empty();
  }
  static void empty() {
    const VolumeGroup group(small_group());
    for (const auto& volume : group.list()) group.remove(volume.name);
  }
  static std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& volume : VolumeGroup(small_group()).list()) all.push_back(volume.name);
    std::ranges::sort(all);
    return all;
  }
  // What it is when it is that no more. LVM takes its time in an emulated machine.
  std::string status_after(const std::string& path, const std::string& busy) {
    for (int i = 0; i < 600; ++i) {
      const auto shown = world_->send("admin", "GET", path);
      if (shown.status == 404) return "gone";
      const std::string status(shown.json.as_object().begin()->value().at("status").as_string());
      if (status != busy) return status;
      ::usleep(100'000);
    }
    return busy;
  }
  std::string ask(const std::string& members) {
    const auto made = world_->post("/v3/volumes", R"({"volume":{)" + members + "}}");
    EXPECT_EQ(made.status, 202) << made.body;
    return made.text("volume", "id");
  }
  std::string made(const std::string& members) {
    const std::string id = ask(members);
    EXPECT_EQ(status_after("/v3/volumes/" + id, "creating"), "available");
    return id;
  }
  void remove(const std::string& path) {
    EXPECT_EQ(world_->send("demo", "DELETE", path).status, 202);
    EXPECT_EQ(status_after(path, "deleting"), "gone") << path;
  }
  static std::string of_image(int gib) {
    return R"("size":)" + std::to_string(gib) + R"(,"imageRef":")" + kLvmImage + "\"";
  }
  static std::string beginning_of(const std::string& volume) {
    const VolumeGroup group(small_group());
    group.activate("volume-" + volume);
    const int file = ::open(group.device("volume-" + volume).c_str(), O_RDONLY | O_CLOEXEC);
    std::string text(11, '?');
    const ssize_t count = ::read(file, text.data(), text.size());
    ::close(file);
    text.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }
  // Writes to the volume until its pool has no room left.
  static void fill_pool_through(const std::string& volume) {
    const VolumeGroup group(small_group());
    group.activate("volume-" + volume);
    const int file =
        ::open(group.device("volume-" + volume).c_str(), O_WRONLY | O_CLOEXEC | O_DSYNC);
    ASSERT_GE(file, 0);
    const std::string chunk(1 << 20, 'f');
    int chunks = 0;
    while (::write(file, chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size()))
      ASSERT_LT(++chunks, 2000);
    ::close(file);
    EXPECT_GT(group.pool_use().percent, 99);
  }

  std::optional<CinderWorld> world_;
};

TEST_F(CinderLvm, what_does_not_fit_into_a_full_pool_is_in_error_and_leaves_nothing) {
  const std::string volume = made(R"("size":2)");
  fill_pool_through(volume);

  const std::string of_image_ = ask(of_image(1));
  EXPECT_EQ(status_after("/v3/volumes/" + of_image_, "creating"), "error");
  const auto answer =
      world_->post("/v3/snapshots", R"({"snapshot":{"volume_id":")" + volume + "\"}}");
  const std::string snapshot = answer.text("snapshot", "id");
  const std::string of_snapshot = status_after("/v3/snapshots/" + snapshot, "creating");
  EXPECT_NE(of_snapshot, "creating");
  std::vector<std::string> left{"volume-" + volume};
  if (of_snapshot == "available") left.insert(left.begin(), "_snapshot-" + snapshot);
  EXPECT_EQ(names(), left);

  remove("/v3/volumes/" + of_image_);
  remove("/v3/snapshots/" + snapshot);
  remove("/v3/volumes/" + volume);
  EXPECT_EQ(names(), std::vector<std::string>{});
  EXPECT_EQ(beginning_of(made(of_image(1))), "first bytes") << "there is room again";
}

}  // namespace
}  // namespace cinder_tests::on_lvm
