#include "cinder/drivers/volume/nfs/nfs_provider.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "cinder/drivers/volume/conformance.hpp"

namespace cinder::drivers {
namespace {

constexpr const char* kNfsVolume = "11111111-1111-4111-8111-111111111111";
constexpr const char* kNfsSnapshot = "33333333-3333-4333-8333-333333333333";

// Directories of this host in the place of shares: what is mounted, and when, is as with NFS.
class BindMounter final : public Mounter {
 public:
  void mount(const Share& share, const std::string& directory) const override {
    const std::string path = share.address.substr(share.address.find(':') + 1);
    if (::mount(path.c_str(), directory.c_str(), nullptr, MS_BIND, nullptr) != 0)
      throw base::Error(base::ErrorKind::unavailable, "can not mount", path);
  }
};

class BoundStorage final : public Storage {
 public:
  BoundStorage() : root_(std::filesystem::temp_directory_path() / "nephele-shares-XXXXXX") {
    if (!::mkdtemp(root_.data())) throw std::runtime_error("mkdtemp");
    for (const char* const name : {"/one", "/two"}) std::filesystem::create_directory(root_ + name);
  }
  ~BoundStorage() override {
    for (const std::string& mounted : mounts()) ::umount2(mounted.c_str(), MNT_DETACH);
    std::filesystem::remove_all(root_);
  }
  std::unique_ptr<Provider> open() override {
    return make_nfs_provider(
        {{{"here:" + root_ + "/one", ""}, {"here:" + root_ + "/two", ""}}, root_ + "/mnt"},
        std::make_shared<BindMounter>(), make_raw_format());
  }
  void leave_piece(const Item& item) override {
    const char* const kind = item.kind == Kind::volume ? "volume-" : "snapshot-";
    std::ofstream(root_ + "/two/" + kind + item.id + ".part") << "piece";
  }
  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::vector<std::string> mounts() const {
    std::vector<std::string> found;
    std::ifstream file("/proc/self/mounts");
    for (std::string device, path, rest; file >> device >> path && std::getline(file, rest);)
      if (path.starts_with(root_)) found.push_back(path);
    return found;
  }

 private:
  std::string root_;
};

// Null where mounting is not allowed.
std::unique_ptr<BoundStorage> make_bound_storage() {
  auto storage = std::make_unique<BoundStorage>();
  try {
    static_cast<void>(storage->open()->stats());
  } catch (const base::Error&) {
    return nullptr;
  }
  return storage;
}

INSTANTIATE_TEST_SUITE_P(NfsOverBoundDirectories, ProviderConformance,
                         testing::Values(make_bound_storage));

TEST(NfsProvider, reverts_a_volume_to_a_snapshot_of_another_share) {
  const auto storage = make_bound_storage();
  if (!storage) GTEST_SKIP() << "nothing can be mounted here";
  const auto provider = storage->open();
  provider->create(kNfsVolume, 1);
  provider->create_snapshot(kNfsSnapshot, kNfsVolume);
  const auto path = [&](const char* share, const std::string& name) {
    return storage->root() + share + name;
  };
  const std::string volume = std::string("/volume-") + kNfsVolume;
  const std::string snapshot = std::string("/snapshot-") + kNfsSnapshot;
  const bool is_in_one = std::filesystem::exists(path("/one", volume));
  const char* const home = is_in_one ? "/one" : "/two";
  const char* const other = is_in_one ? "/two" : "/one";
  std::filesystem::copy(path(home, snapshot), path(other, snapshot));
  std::filesystem::remove(path(home, snapshot));

  for (int i = 0; i < 2; ++i) provider->revert(kNfsVolume, kNfsSnapshot, 1);

  EXPECT_FALSE(std::filesystem::exists(path(home, volume)));
  EXPECT_TRUE(std::filesystem::exists(path(other, volume)));
}

class NfsProviderMounts : public testing::Test {
 protected:
  void SetUp() override {
    storage_ = make_bound_storage();
    if (!storage_) GTEST_SKIP() << "nothing can be mounted here";
  }
  std::unique_ptr<BoundStorage> storage_;
};

TEST_F(NfsProviderMounts, are_made_when_they_are_needed_and_undone) {
  {
    const auto provider = storage_->open();
    EXPECT_EQ(storage_->mounts().size(), 0U);
    provider->create(kNfsVolume, 1);
    EXPECT_EQ(storage_->mounts().size(), 2U);
  }
  EXPECT_EQ(storage_->mounts().size(), 0U);
}

TEST_F(NfsProviderMounts, stay_while_somebody_has_a_file_open) {
  auto provider = storage_->open();
  provider->create(kNfsVolume, 1);
  std::ifstream guest(provider->path(kNfsVolume));

  provider.reset();

  EXPECT_EQ(storage_->mounts().size(), 1U);
  provider = storage_->open();
  EXPECT_EQ(provider->list().size(), 1U);
  EXPECT_EQ(storage_->mounts().size(), 2U);
}

TEST_F(NfsProviderMounts, that_were_taken_away_come_back) {
  const auto provider = storage_->open();
  provider->create(kNfsVolume, 1);
  for (const std::string& mounted : storage_->mounts()) ::umount2(mounted.c_str(), MNT_DETACH);
  EXPECT_EQ(provider->list().size(), 1U);
}

TEST_F(NfsProviderMounts, that_can_not_be_made_are_an_error_and_nothing_is_empty) {
  const auto provider = storage_->open();
  std::filesystem::remove_all(storage_->root() + "/two");
  for (const auto& ask : {std::function<void()>([&] { static_cast<void>(provider->list()); }),
                          std::function<void()>([&] { provider->create(kNfsVolume, 1); })}) {
    try {
      ask();
      ADD_FAILURE();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    }
  }
}

TEST(NfsShares, are_lines_of_a_file) {
  const auto shares = parse_shares("# comment\n\nnas:/one\n nas:/two  -o vers=4.1,ro \n");
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_EQ(shares[0].address, "nas:/one");
  EXPECT_EQ(shares[0].options, "");
  EXPECT_EQ(shares[1].address, "nas:/two");
  EXPECT_EQ(shares[1].options, "vers=4.1,ro");
  for (const char* const wrong : {"nas", "/one", "-o:/x", ":/x"})
    EXPECT_THROW(static_cast<void>(parse_shares(wrong)), base::Error) << wrong;
}

}  // namespace
}  // namespace cinder::drivers
