// Against a real server of NFS: NEPHELE_TEST_NFS_SHARES, NEPHELE_TEST_NFS_ROOT and
// NEPHELE_TEST_NFS_SERVER as scripts/storage-guest sets them. Its shares are emptied.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cinder/drivers/volume/conformance.hpp"
#include "cinder/drivers/volume/nfs/nfs_provider.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

const std::string kOfServer = "11111111-1111-4111-8111-111111111111";
const std::string kAnotherOfServer = "22222222-2222-4222-8222-222222222222";

std::string text_of_environment(const char* name) {
  const char* const text = ::getenv(name);
  return text ? text : "";
}

void tell_server(const char* what) {
  platform::run_checked({text_of_environment("NEPHELE_TEST_NFS_SERVER"), what}, {});
}

class ServedStorage final : public Storage {
 public:
  ServedStorage() : base_(std::filesystem::temp_directory_path() / "nephele-nfs-XXXXXX") {
    if (!::mkdtemp(base_.data())) throw std::runtime_error("mkdtemp");
    empty();
  }
  ~ServedStorage() override {
    for (const auto& entry : std::filesystem::directory_iterator(base_))
      ::umount2(entry.path().c_str(), MNT_DETACH);
    std::filesystem::remove_all(base_);
    empty();
  }
  std::unique_ptr<Provider> open() override {
    NfsOptions options;
    options.mount_point_base = base_;
    const std::string shares = text_of_environment("NEPHELE_TEST_NFS_SHARES");
    for (const std::string_view share : base::split(shares, ' '))
      options.shares.push_back({std::string(share), ""});
    return make_nfs_provider(std::move(options), make_nfs_mounter("vers=4.2"), make_raw_format());
  }
  void leave_piece(const Item& item) override {
    const char* const kind = item.kind == Kind::volume ? "volume-" : "snapshot-";
    std::ofstream(root() + "/two/" + kind + item.id + ".part") << "piece";
  }
  static std::string root() { return text_of_environment("NEPHELE_TEST_NFS_ROOT"); }

 private:
  static void empty() {
    for (const char* const share : {"/one", "/two"})
      for (const auto& entry : std::filesystem::directory_iterator(root() + share))
        std::filesystem::remove_all(entry.path());
  }
  std::string base_;
};

std::unique_ptr<Storage> make_served_storage() {
  if (ServedStorage::root().empty()) return nullptr;
  return std::make_unique<ServedStorage>();
}

INSTANTIATE_TEST_SUITE_P(NfsServer, ProviderConformance, testing::Values(make_served_storage));

void expect_unavailable_in_time(const std::function<void()>& ask) {
  const auto start = std::chrono::steady_clock::now();
  try {
    ask();
    ADD_FAILURE() << "it did not fail";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable) << error.what() << error.detail();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{100});
}

TEST(NfsServer, that_goes_away_is_an_error_in_time_and_is_found_again) {
  const auto storage = make_served_storage();
  if (!storage) GTEST_SKIP() << "NEPHELE_TEST_NFS_ROOT is not set";
  const auto provider = storage->open();
  provider->create(kOfServer, 1);

  tell_server("stop");
  expect_unavailable_in_time([&] { static_cast<void>(provider->stats()); });
  expect_unavailable_in_time([&] { provider->create(kAnotherOfServer, 1); });
  tell_server("start");

  EXPECT_EQ(provider->list(), (std::vector<Item>{{Kind::volume, kOfServer}}));
  provider->create(kAnotherOfServer, 1);
  provider->remove({Kind::volume, kOfServer});
  EXPECT_EQ(provider->list(), (std::vector<Item>{{Kind::volume, kAnotherOfServer}}));
}

}  // namespace
}  // namespace cinder::drivers
