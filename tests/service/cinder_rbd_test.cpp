// Cinder on a real Ceph: NEPHELE_TEST_CEPH=PATH-OF-CEPH.CONF (scripts/ceph.sh). Its pool "other" is
// emptied.
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error.hpp"
#include "cinder_world.hpp"
#include "platform/rbd/families.hpp"

namespace cinder_tests::on_rbd {
namespace {

using platform::rbd::Access;
using platform::rbd::Image;
using platform::rbd::Pool;

constexpr const char* kServer = "77777777-7777-4777-8777-777777777777";
constexpr const char* kRbdImage = "88888888-8888-4888-8888-888888888888";

platform::rbd::PoolOptions pool_options() {
  const char* const path = ::getenv("NEPHELE_TEST_CEPH");
  return {.configuration = path ? path : "/nonexistent", .pool = "other"};
}

WorldOptions world_options() {
  return {{{"file/volume_driver", "rbd"},
           {"file/rbd_ceph_conf", pool_options().configuration},
           {"file/rbd_user", "admin"},
           {"file/rbd_pool", pool_options().pool}}};
}

class CinderRbd : public testing::Test {
 protected:
  void SetUp() override {
    if (!::getenv("NEPHELE_TEST_CEPH")) GTEST_SKIP() << "NEPHELE_TEST_CEPH is not set";
    world_.emplace(world_options());
  }
  void TearDown() override {
    if (!world_) return;
    world_.reset();
    platform::rbd::Families families(pool_);
    for (int generation = 0; generation < 3; ++generation)
      for (const std::string& name : pool_.list()) families.dispose(name);
  }
  static std::string connector(const std::string& ip) {
    return R"({"initiator":"iqn.2010-10.org.test:)" + ip + R"(","host":"host)" + ip +
           R"(","ip":")" + ip + "\"}";
  }
  std::string attach(const std::string& volume, const std::string& ip) {
    const auto made =
        world_->post("/v3/attachments",
                     R"({"attachment":{"volume_uuid":")" + volume + R"(","instance_uuid":")" +
                         kServer + R"(","connector":)" + connector(ip) + "}}",
                     "3.44");
    EXPECT_EQ(made.status, 200) << made.body;
    const std::string id = made.text("attachment", "id");
    EXPECT_EQ(
        world_->post("/v3/attachments/" + id + "/action", R"({"os-complete":{}})", "3.44").status,
        204);
    return id;
  }
  int detach(const std::string& attachment) {
    return world_->send("demo", "DELETE", "/v3/attachments/" + attachment, "", "3.44").status;
  }
  std::string status_of(const std::string& volume) {
    return world_->get("/v3/volumes/" + volume).text("volume", "status");
  }

  std::optional<CinderWorld> world_;
  Pool pool_{pool_options()};
};

TEST_F(CinderRbd, who_does_not_let_go_of_a_volume_is_shut_out_when_the_attachment_ends) {
  const std::string volume = world_->make_volume();
  const std::string attachment = attach(volume, "127.0.0.1");
  Pool host(pool_options());
  Image stale = host.open("volume-" + volume, Access::write);
  stale.write(0, "before");

  EXPECT_EQ(detach(attachment), 200);

  EXPECT_EQ(status_of(volume), "available");
  EXPECT_THROW(stale.write(0, "after."), base::Error);
  attach(volume, "192.0.2.1");
  Pool second(pool_options());
  Image next = second.open("volume-" + volume, Access::write);
  next.write(0, "second");
  EXPECT_THROW(stale.flush(), base::Error);
}

// 192.0.2.1 is a host without a client of Ceph's: that of 127.0.0.1 is of the attachment that
// stays.
TEST_F(CinderRbd, the_hosts_of_other_attachments_keep_the_volume) {
  const std::string volume = world_->make_volume();
  const std::string staying = attach(volume, "127.0.0.1");
  const std::string leaving = attach(volume, "192.0.2.1");
  const std::string also_leaving = attach(volume, "127.0.0.1");
  Pool host(pool_options());
  Image image = host.open("volume-" + volume, Access::write);
  image.write(0, "first");

  EXPECT_EQ(detach(leaving), 200);
  image.write(0, "other");
  EXPECT_EQ(detach(also_leaving), 200);
  image.write(0, "third");
  EXPECT_EQ(status_of(volume), "in-use");

  EXPECT_EQ(detach(staying), 200);
  EXPECT_THROW(image.write(0, "never"), base::Error);
}

TEST_F(CinderRbd, a_host_that_loses_the_volume_is_shut_out_though_another_has_it) {
  const std::string volume = world_->make_volume();
  attach(volume, "192.0.2.1");
  const std::string leaving = attach(volume, "127.0.0.1");
  Pool host(pool_options());
  Image image = host.open("volume-" + volume, Access::write);
  image.write(0, "first");

  EXPECT_EQ(detach(leaving), 200);

  EXPECT_THROW(image.write(0, "never"), base::Error);
  EXPECT_EQ(status_of(volume), "in-use");
}

class ClonedImage {
 public:
  explicit ClonedImage(Pool& pool) : pool_(pool) {
    pool_.create("glance-image", 8 << 20, 8 << 20);
    Image image = pool_.open("glance-image", Access::write);
    image.write(0, "in Ceph");
    image.create_snapshot(platform::rbd::kContentSnapshot);
  }
  std::string location() { return "rbd://" + pool_.fsid() + "/other/glance-image/snap"; }

 private:
  Pool& pool_;
};

std::string beginning_of(Pool& pool, const std::string& volume) {
  std::string text(7, '?');
  text.resize(pool.open("volume-" + volume, Access::read).read(0, text.data(), 7));
  return text;
}

TEST_F(CinderRbd, a_volume_of_a_raw_image_in_the_same_cluster_is_its_clone) {
  ClonedImage image(pool_);
  world_->add_image(kRbdImage, "over HTTP");
  world_->add_location(kRbdImage, "file:///elsewhere");
  world_->add_location(kRbdImage, image.location());

  const std::string volume = world_->make_volume(R"("imageRef":")" + std::string(kRbdImage) + "\"");

  EXPECT_EQ(beginning_of(pool_, volume), "in Ceph");
  EXPECT_EQ(pool_.open("volume-" + volume, Access::read).size(), uint64_t{1} << 30);
}

TEST_F(CinderRbd, what_can_not_be_cloned_is_copied) {
  world_->add_image(kRbdImage, "over HTTP");
  world_->add_location(kRbdImage, "rbd://" + pool_.fsid() + "/other/gone/snap");
  world_->add_location(kRbdImage, "rbd://elsewhere/other/glance-image/snap");

  const std::string volume = world_->make_volume(R"("imageRef":")" + std::string(kRbdImage) + "\"");

  EXPECT_EQ(beginning_of(pool_, volume), "over HT");
}

}  // namespace
}  // namespace cinder_tests::on_rbd
