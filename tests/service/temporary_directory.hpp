// A directory of a test's own.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace service_tests {

// It goes with its owner, and all that is in it.
class TemporaryDirectory {
 public:
  // "/tmp/nephele-PURPOSE-XXXXXX"
  explicit TemporaryDirectory(const std::string& purpose)
      : path_(std::filesystem::temp_directory_path() / ("nephele-" + purpose + "-XXXXXX")) {
    if (!::mkdtemp(path_.data())) throw std::runtime_error("mkdtemp");
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace service_tests
