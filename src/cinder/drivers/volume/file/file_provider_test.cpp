#include "cinder/drivers/volume/file/file_provider.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "cinder/drivers/volume/conformance.hpp"

namespace cinder::drivers {
namespace {

class FileStorage final : public Storage {
 public:
  FileStorage() : directory_(std::filesystem::temp_directory_path() / "nephele-volumes-XXXXXX") {
    if (!::mkdtemp(directory_.data())) throw std::runtime_error("mkdtemp");
  }
  ~FileStorage() override { std::filesystem::remove_all(directory_); }
  std::unique_ptr<Provider> open() override { return make_file_provider(directory_); }
  void leave_piece(const Item& item) override {
    const char* const kind = item.kind == Kind::volume ? "volume-" : "snapshot-";
    std::ofstream(directory_ + "/" + kind + item.id + ".part") << "piece";
  }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

INSTANTIATE_TEST_SUITE_P(File, ProviderConformance,
                         testing::Values([] { return std::make_unique<FileStorage>(); }));

constexpr const char* kSource = "11111111-1111-4111-8111-111111111111";
constexpr const char* kCopied = "22222222-2222-4222-8222-222222222222";

int64_t blocks_of(const std::string& path) {
  struct stat status{};
  ::stat(path.c_str(), &status);
  return status.st_blocks;
}

TEST(FileProvider, takes_no_room_for_what_was_not_written) {
  FileStorage storage;
  const auto provider = storage.open();
  provider->create(kSource, 100);
  provider->copy({Kind::volume, kSource}, kCopied, 200);
  EXPECT_LT(blocks_of(storage.directory() + "/volume-" + kSource), 100);
  EXPECT_LT(blocks_of(storage.directory() + "/volume-" + kCopied), 100);
}

TEST(FileProvider, removes_the_piece_that_a_death_left_of_another_content) {
  FileStorage storage;
  storage.open()->create(kSource, 1);
  storage.leave_piece({Kind::volume, kSource});
  const std::string path = storage.directory() + "/volume-" + kSource;
  std::ofstream(storage.directory() + "/mine.part") << "mine";

  const auto provider = storage.open();

  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
  EXPECT_TRUE(std::filesystem::exists(storage.directory() + "/mine.part"));
}

TEST(FileProvider, lists_only_files_of_its_own_directory_as_manageable) {
  FileStorage storage;
  const auto provider = storage.open();
  EXPECT_TRUE(provider->list_unmanaged(Kind::volume).empty());
  const std::string unmanaged = storage.directory() + "/unmanaged";
  std::filesystem::create_directory(unmanaged);
  std::filesystem::create_directory(unmanaged + "/directory");
  std::ofstream(storage.directory() + "/secret") << "secret";
  std::filesystem::create_symlink("../secret", unmanaged + "/link");
  std::ofstream(unmanaged + "/no\xfftext") << "content";
  std::ofstream(unmanaged + "/disk") << "content";

  const auto found = provider->list_unmanaged(Kind::volume);

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].name, "disk");
  EXPECT_EQ(found[0].size_gib, 1);
  EXPECT_TRUE(provider->list_unmanaged(Kind::snapshot).empty());
}

TEST(FileProvider, leaves_files_of_others_alone) {
  FileStorage storage;
  const auto provider = storage.open();
  std::ofstream(storage.directory() + "/volume-of-my-own") << "mine";
  std::ofstream(storage.directory() + "/notes") << "mine";
  EXPECT_EQ(provider->list(), std::vector<Item>{});
}

}  // namespace
}  // namespace cinder::drivers
