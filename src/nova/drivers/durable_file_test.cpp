#include "nova/drivers/durable_file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"

namespace nova::drivers {
namespace {

namespace fs = std::filesystem;

class DurableFile : public testing::Test {
 protected:
  DurableFile() {
    std::string name = (fs::temp_directory_path() / "nephele-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~DurableFile() override { fs::remove_all(directory_); }

  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  std::string directory_;
};

TEST_F(DurableFile, is_written_whole_in_place_of_the_former_one) {
  const std::string path = directory_ + "/file";
  write_durably(path, std::string(100'000, 'a'));
  write_durably(path, "b");
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "b");
  EXPECT_EQ(files(), 1U);
}

TEST_F(DurableFile, that_can_not_be_written_leaves_nothing) {
  fs::create_directory(directory_ + "/file");
  EXPECT_THROW(write_durably(directory_ + "/file", "text"), base::Error);
  EXPECT_EQ(files(), 1U);
}

TEST(FileError, of_a_full_disk_says_so) {
  try {
    throw_file_error(ENOSPC, "It could not be written.", "/secret/place");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::unavailable);
    EXPECT_EQ(error.message(), "The host's disk for instances is full.");
  }
}

TEST(FileError, of_another_kind_keeps_the_place_for_the_log) {
  try {
    throw_file_error(EACCES, "It could not be written.", "/secret/place");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::internal);
    EXPECT_EQ(error.message(), "It could not be written.");
    EXPECT_NE(std::string(error.what()).find("/secret/place: Permission denied"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace nova::drivers
