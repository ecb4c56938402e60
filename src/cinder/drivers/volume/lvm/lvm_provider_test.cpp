#include "cinder/drivers/volume/lvm/lvm_provider.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cinder/drivers/volume/conformance.hpp"
#include "cinder/drivers/volume/lvm/volume_group.hpp"

namespace cinder::drivers {
namespace {

const std::string kLvmVolume = "11111111-1111-4111-8111-111111111111";
const std::string kOtherLvmVolume = "22222222-2222-4222-8222-222222222222";
const std::string kLvmSnapshot = "33333333-3333-4333-8333-333333333333";
constexpr const char* kNoSmallLvmGroup = "NEPHELE_TEST_SMALL_VOLUME_GROUP names no volume group";

// The volume groups that the environment gives to these tests; all of them is theirs.
std::string group_of_environment(const char* name) {
  const char* group = std::getenv(name);
  return group ? group : "";
}
std::string test_group() { return group_of_environment("NEPHELE_TEST_VOLUME_GROUP"); }
std::string small_test_group() { return group_of_environment("NEPHELE_TEST_SMALL_VOLUME_GROUP"); }

class LvmStorage final : public Storage {
 public:
  explicit LvmStorage(std::string name = test_group()) : name_(std::move(name)), group_(name_) {
    empty();
  }
  ~LvmStorage() override { empty(); }
  std::unique_ptr<Provider> open() override { return make_lvm_provider(name_); }
  void leave_piece(const Item& item) override {
    const std::string name = (item.kind == Kind::volume ? "volume-" : "_snapshot-") + item.id;
    if (group_.find(name)) group_.remove(name);
    group_.create(name, int64_t{1} << 30, "nephele-part");
  }

 private:
  void empty() {
    for (const LogicalVolume& volume : group_.list()) group_.remove(volume.name);
  }
  const std::string name_;
  VolumeGroup group_;
};

// scripts/storage-guest runs these in a guest that has a device mapper.
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

base::ErrorKind kind_of_lvm_failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error.kind();
  }
  return base::ErrorKind::internal;
}

// The writer, of 2 GiB, is refused: the small pool has no room left while it is there.
void fill_pool(Writer& writer) {
  const std::string chunk(1 << 20, 'x');
  EXPECT_EQ(kind_of_lvm_failure([&] {
              for (int i = 0; i < 2048; ++i) writer.write(chunk);
              writer.commit();
            }),
            base::ErrorKind::too_large);
}

std::string beginning_of_lvm(const Provider& provider, const std::string& volume_id) {
  std::string text(4, '?');
  platform::http::Response holder;
  holder.stream = provider.read(volume_id);
  text.resize(platform::http::take_body(holder)->read(text.data(), 4));
  return text;
}

TEST(LvmProvider, a_pool_that_fills_up_refuses_what_comes_and_keeps_what_is_there) {
  const std::string small = small_test_group();
  if (small.empty()) GTEST_SKIP() << kNoSmallLvmGroup;
  LvmStorage storage(small);
  const auto provider = storage.open();
  const auto of_first = provider->write(kLvmVolume, 1);
  of_first->write("kept");
  of_first->commit();

  fill_pool(*provider->write(kOtherLvmVolume, 2));
  EXPECT_EQ(provider->list(), (std::vector<Item>{{Kind::volume, kLvmVolume}}));

  // There is room again: what did not fit has gone.
  provider->create_snapshot(kLvmSnapshot, kLvmVolume);
  provider->copy({Kind::snapshot, kLvmSnapshot}, kOtherLvmVolume, 1);
  provider->remove({Kind::volume, kLvmVolume});
  EXPECT_EQ(beginning_of_lvm(*provider, kOtherLvmVolume), "kept");
}

TEST(LvmProvider, a_full_pool_refuses_to_revert_a_volume_and_keeps_it) {
  const std::string small = small_test_group();
  if (small.empty()) GTEST_SKIP() << kNoSmallLvmGroup;
  LvmStorage storage(small);
  const auto provider = storage.open();
  provider->create(kLvmVolume, 1);
  provider->create_snapshot(kLvmSnapshot, kLvmVolume);
  const auto of_first = provider->write(kLvmVolume, 1);
  of_first->write("kept");
  of_first->commit();

  const auto of_second = provider->write(kOtherLvmVolume, 2);
  fill_pool(*of_second);

  EXPECT_EQ(kind_of_lvm_failure([&] { provider->revert(kLvmVolume, kLvmSnapshot, 1); }),
            base::ErrorKind::too_large);
  EXPECT_EQ(beginning_of_lvm(*provider, kLvmVolume), "kept");
}

}  // namespace
}  // namespace cinder::drivers
