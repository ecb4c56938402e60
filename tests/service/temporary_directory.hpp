// A directory of a test's own; whoever makes it removes it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace service_tests {

// "/tmp/nephele-PURPOSE-XXXXXX"
[[nodiscard]] inline std::string make_temporary_directory(const std::string& purpose) {
  std::string name = std::filesystem::temp_directory_path() / ("nephele-" + purpose + "-XXXXXX");
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
  return name;
}

}  // namespace service_tests
