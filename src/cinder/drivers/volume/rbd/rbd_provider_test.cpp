// Against a real Ceph: NEPHELE_TEST_CEPH=PATH-OF-CEPH.CONF (scripts/ceph.sh). Its pool "rbd" is
// emptied of volumes, and its pool "other" of the one image that is put there.
#include "cinder/drivers/volume/rbd/rbd_provider.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error.hpp"
#include "cinder/drivers/volume/conformance.hpp"
#include "platform/rbd/families.hpp"

namespace cinder::drivers {
namespace {

const std::string kFirst = "11111111-1111-4111-8111-111111111111";
const std::string kSecond = "22222222-2222-4222-8222-222222222222";
const std::string kThird = "33333333-3333-4333-8333-333333333333";
const std::string kSnap = "44444444-4444-4444-8444-444444444444";

bool is_of_volumes(const std::string& image) {
  return image.starts_with("volume-") || image.starts_with("snapshot-");
}

class RbdStorage final : public drivers::Storage {
 public:
  explicit RbdStorage(RbdOptions options) : options_(std::move(options)), pool_(options_.pool) {
    empty();
    static_cast<void>(make_rbd_provider(options_)->stats());  // marks it as the back end's
  }
  ~RbdStorage() override { empty(); }
  std::unique_ptr<Provider> open() override { return make_rbd_provider(options_); }
  void leave_piece(const Item& item) override {
    const char* const kind = item.kind == Kind::volume ? "volume-" : "snapshot-";
    pool_.create(kind + item.id + ".part", 1 << 20, 1 << 22);
  }
  std::vector<std::string> images() {
    auto names = pool_.list();
    std::erase_if(names, [](const std::string& name) { return !is_of_volumes(name); });
    return names;
  }
  bool is_clone(const std::string& volume_id) {
    return pool_.open("volume-" + volume_id, platform::rbd::Access::read).parent().has_value();
  }

 private:
  void empty() {
    platform::rbd::Families families(pool_);
    for (int generation = 0; generation < 5; ++generation)
      for (const std::string& name : images()) families.dispose(name);
    for (const std::string& name : pool_.list())
      if (name.starts_with("nephele-owner.")) pool_.remove(name);
  }

  RbdOptions options_;
  platform::rbd::Pool pool_;
};

std::unique_ptr<RbdStorage> make_rbd_storage(RbdOptions options = {}) {
  const char* const configuration = ::getenv("NEPHELE_TEST_CEPH");
  if (!configuration) return nullptr;
  options.pool.configuration = configuration;
  options.owner = "host@section";
  return std::make_unique<RbdStorage>(options);
}

INSTANTIATE_TEST_SUITE_P(Rbd, ProviderConformance,
                         testing::Values([] { return make_rbd_storage(); }));
INSTANTIATE_TEST_SUITE_P(RbdFlat, ProviderConformance, testing::Values([] {
                           RbdOptions options;
                           options.max_clone_depth = 0;
                           options.flatten_from_snapshot = true;
                           return make_rbd_storage(options);
                         }));

#define SKIP_WITHOUT_CEPH(storage) \
  if (!(storage)) GTEST_SKIP() << "NEPHELE_TEST_CEPH is not set"

TEST(RbdProvider, copies_are_clones_until_they_are_too_many_generations) {
  RbdOptions options;
  options.max_clone_depth = 1;
  const auto storage = make_rbd_storage(options);
  SKIP_WITHOUT_CEPH(storage);
  const auto provider = storage->open();
  provider->create(kFirst, 1);
  provider->copy({Kind::volume, kFirst}, kSecond, 1);
  provider->copy({Kind::volume, kSecond}, kThird, 1);
  EXPECT_TRUE(storage->is_clone(kSecond));
  EXPECT_FALSE(storage->is_clone(kThird));
}

TEST(RbdProvider, what_clones_need_goes_with_the_last_of_them) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  const auto provider = storage->open();
  provider->create(kFirst, 1);
  provider->create_snapshot(kSnap, kFirst);
  provider->copy({Kind::snapshot, kSnap}, kSecond, 1);
  provider->copy({Kind::volume, kSecond}, kThird, 2);

  provider->remove({Kind::snapshot, kSnap});
  provider->remove({Kind::volume, kFirst});
  provider->remove({Kind::volume, kSecond});
  EXPECT_EQ(provider->list(), (std::vector<Item>{{Kind::volume, kThird}}));
  EXPECT_EQ(storage->images().size(), 3U);

  provider->remove({Kind::volume, kThird});
  EXPECT_EQ(storage->images(), std::vector<std::string>{});
}

TEST(RbdProvider, leaves_images_of_others_alone_and_takes_them_by_their_names) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  platform::rbd::Pool pool({.configuration = ::getenv("NEPHELE_TEST_CEPH")});
  pool.create("volume-of-my-own", (1 << 30) + 1, 1 << 22);
  const auto provider = storage->open();
  EXPECT_EQ(provider->list(), std::vector<Item>{});
  EXPECT_EQ(provider->manage("volume-of-my-own", {Kind::volume, kFirst}), 2);
  EXPECT_EQ(storage->images(), std::vector<std::string>{"volume-" + kFirst});
}

TEST(RbdProvider, touches_nothing_in_a_pool_of_somebody_else) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  storage->open()->create(kFirst, 1);
  RbdOptions options;
  options.pool.configuration = ::getenv("NEPHELE_TEST_CEPH");
  options.owner = "other@section";
  const auto other = make_rbd_provider(options);
  EXPECT_THROW(static_cast<void>(other->list()), base::Error);
  EXPECT_THROW(static_cast<void>(other->stats()), base::Error);
  platform::rbd::Pool(options.pool).remove("nephele-owner.host.section");
  EXPECT_THROW(static_cast<void>(other->list()), base::Error);
  EXPECT_THROW(static_cast<void>(storage->open()->list()), base::Error);
}

// An image as Glance keeps it, in a pool of its own; gone with the object.
class ImageOfGlance {
 public:
  explicit ImageOfGlance(std::string_view content) : pool_(options()) {
    families_.dispose(kName);
    pool_.create(kName, 8 << 20, 8 << 20);
    auto image = pool_.open(kName, platform::rbd::Access::write);
    image.write(0, content);
    image.create_snapshot(platform::rbd::kContentSnapshot);
  }
  ~ImageOfGlance() { remove(); }
  void remove() {
    families_.dispose(kName);
    const auto names = pool_.list();
    for (const std::string& kept : families_.list_kept_in_vain(names)) families_.dispose(kept);
  }
  [[nodiscard]] bool is_alone() { return pool_.list().empty(); }
  [[nodiscard]] bool has_content() {
    return !pool_.open(kName, platform::rbd::Access::read).snapshots().empty();
  }
  [[nodiscard]] std::string location(const std::string& fsid) {
    return "rbd://" + fsid + "/other/" + kName + "/snap";
  }
  [[nodiscard]] std::string location() { return location(pool_.fsid()); }

 private:
  static platform::rbd::PoolOptions options() {
    return {.configuration = ::getenv("NEPHELE_TEST_CEPH"), .pool = "other"};
  }
  static constexpr const char* kName = "of-glance";
  platform::rbd::Pool pool_;
  platform::rbd::Families families_{pool_};
};

std::string beginning_of(const Provider& provider, const std::string& id, size_t bytes) {
  platform::http::Response holder;
  holder.stream = provider.read(id);
  std::string text(bytes, '?');
  text.resize(platform::http::take_body(holder)->read(text.data(), bytes));
  return text;
}

TEST(RbdProvider, makes_volumes_of_images_without_a_copy) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  ImageOfGlance image("content");
  const auto provider = storage->open();

  EXPECT_TRUE(provider->clone_image(image.location(), kFirst, 2));

  EXPECT_TRUE(storage->is_clone(kFirst));
  EXPECT_EQ(beginning_of(*provider, kFirst, 8), std::string("content\0", 8));
  EXPECT_EQ(provider->read(kFirst)->length, uint64_t{2} << 30);
  provider->copy({Kind::volume, kFirst}, kSecond, 2);
  EXPECT_EQ(beginning_of(*provider, kSecond, 7), "content");
  provider->remove({Kind::volume, kSecond});
  EXPECT_TRUE(provider->clone_image(image.location(), kFirst, 2)) << "once more";
  provider->remove({Kind::volume, kFirst});
  EXPECT_EQ(storage->images(), std::vector<std::string>{});
  EXPECT_TRUE(image.has_content());
}

TEST(RbdProvider, a_clone_of_an_image_outlives_it) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  ImageOfGlance image("content");
  const auto provider = storage->open();
  EXPECT_TRUE(provider->clone_image(image.location(), kFirst, 1));

  image.remove();

  EXPECT_EQ(beginning_of(*provider, kFirst, 7), "content");
  EXPECT_FALSE(image.is_alone());
  provider->remove({Kind::volume, kFirst});
  image.remove();
  EXPECT_TRUE(image.is_alone());
}

TEST(RbdProvider, clones_nothing_that_is_elsewhere) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  ImageOfGlance image("content");
  const auto provider = storage->open();
  const std::string here = image.location();
  const auto of_another_snapshot = here.substr(0, here.rfind('/')) + "/mine";
  for (const std::string& location :
       {image.location(kFirst), of_another_snapshot, std::string("file:///images/snap"),
        std::string("rbd://snap"), here + "/more"})
    EXPECT_FALSE(provider->clone_image(location, kFirst, 1)) << location;
  EXPECT_THROW(provider->clone_image(here.substr(0, here.rfind('/')) + "-not/snap", kFirst, 1),
               base::Error);
  EXPECT_EQ(storage->images(), std::vector<std::string>{});
}

TEST(RbdProvider, shuts_out_the_clients_of_one_host_or_of_all) {
  const auto storage = make_rbd_storage();
  SKIP_WITHOUT_CEPH(storage);
  const auto provider = storage->open();
  provider->create(kFirst, 1);
  platform::rbd::Pool other({.configuration = ::getenv("NEPHELE_TEST_CEPH")});
  auto stale = other.open("volume-" + kFirst, platform::rbd::Access::write);
  stale.write(0, "first");
  provider->shut_out(kFirst, "192.0.2.1");
  stale.write(0, "again");
  provider->shut_out(kFirst, "");
  EXPECT_THROW(stale.write(0, "never"), base::Error);
  provider->shut_out(kSecond, "");  // there is no such volume, nor anybody who has it
}

TEST(RbdProvider, tells_hosts_where_a_volume_is) {
  RbdOptions options;
  options.secret_uuid = kThird;
  const auto storage = make_rbd_storage(options);
  SKIP_WITHOUT_CEPH(storage);
  const auto connection = storage->open()->connection(kFirst);
  EXPECT_EQ(connection.at("driver_volume_type"), base::Json("rbd"));
  EXPECT_EQ(connection.at("name"), base::Json("rbd/volume-" + kFirst));
  EXPECT_EQ(connection.at("hosts").as_array().size(), 1U);
  EXPECT_EQ(connection.at("auth_username"), base::Json("admin"));
  EXPECT_EQ(connection.at("secret_uuid"), base::Json(kThird));
}

}  // namespace
}  // namespace cinder::drivers
