#include "cinder/drivers/volume/lvm/lvm_provider.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/text.hpp"
#include "cinder/drivers/volume/conformance.hpp"
#include "cinder/drivers/volume/lvm/volume_group.hpp"

namespace cinder::drivers {
namespace {

// The volume group that the environment gives to these tests; all of it is theirs.
std::string test_group() {
  const char* group = std::getenv("NEPHELE_TEST_VOLUME_GROUP");
  return group ? group : "";
}

class LvmStorage final : public Storage {
 public:
  LvmStorage() : group_(test_group()) { empty(); }
  ~LvmStorage() override { empty(); }
  std::unique_ptr<Provider> open() override { return make_lvm_provider(test_group()); }
  void leave_piece(const Item& item) override {
    const std::string name = (item.kind == Kind::volume ? "volume-" : "_snapshot-") + item.id;
    if (group_.find(name)) group_.remove(name);
    group_.create(name, int64_t{1} << 30, "nephele-part");
  }

 private:
  void empty() {
    for (const LogicalVolume& volume : group_.list()) group_.remove(volume.name);
  }
  VolumeGroup group_;
};

// tests/system/lvm_test.sh runs these in a guest that has a device mapper.
INSTANTIATE_TEST_SUITE_P(Lvm, ProviderConformance,
                         testing::Values([]() -> std::unique_ptr<Storage> {
                           if (test_group().empty()) return nullptr;
                           return std::make_unique<LvmStorage>();
                         }));

TEST(LvmProvider, leaves_logical_volumes_of_others_alone) {
  if (test_group().empty()) GTEST_SKIP() << "NEPHELE_TEST_VOLUME_GROUP names no volume group";
  LvmStorage storage;
  const auto provider = storage.open();
  const VolumeGroup group(test_group());
  const std::string id = "55555555-5555-4555-8555-555555555555";
  group.create("volume-" + id, int64_t{1} << 30, "of-somebody");
  group.create("root", int64_t{1} << 30, "of-somebody");

  EXPECT_EQ(provider->list(), std::vector<Item>{});
  provider->remove({Kind::volume, id});

  EXPECT_TRUE(group.find("volume-" + id));
}

}  // namespace
}  // namespace cinder::drivers
