// Against a real Ceph, as the conformance suite: NEPHELE_TEST_CEPH=PATH-OF-CEPH.CONF.
#include "glance/drivers/rbd_store.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error.hpp"
#include "platform/random.hpp"
#include "platform/rbd/families.hpp"

namespace glance::drivers {
namespace {

TEST(RbdStore, an_image_with_clones_is_gone_at_once_and_its_bytes_with_the_last_of_them) {
  const char* const configuration = ::getenv("NEPHELE_TEST_CEPH");
  if (!configuration) GTEST_SKIP() << "NEPHELE_TEST_CEPH is not set";
  RbdStoreOptions options;
  options.pool.configuration = configuration;
  const auto store = make_rbd_store(options);
  platform::rbd::Pool pool(options.pool);
  platform::rbd::Families families(pool);
  platform::Random& random = platform::system_random();
  const std::string name = random.uuid() + "." + random.uuid();
  const std::string volume = "clone-" + random.uuid();
  const auto writer = store->start(name);
  writer->write("content");
  const std::string location = writer->commit();
  families.clone({name, "snap"}, volume);

  store->remove(location);

  EXPECT_THROW(static_cast<void>(store->open(location, 0, std::nullopt)), base::Error);
  EXPECT_TRUE(store->list().empty());
  std::string bytes(7, ' ');
  EXPECT_EQ(pool.open(volume, platform::rbd::Access::read).read(0, bytes.data(), 7), 7U);
  EXPECT_EQ(bytes, "content");
  families.dispose(volume);
  for (const std::string& image : pool.list()) EXPECT_FALSE(image.starts_with(name)) << image;
}

}  // namespace
}  // namespace glance::drivers
