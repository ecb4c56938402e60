// Images of tests: made by qemu-img, or by hand where it makes none such.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "glance/formats/inspection.hpp"
#include "platform/process.hpp"

namespace glance::formats {

// A directory that goes with its images.
class ImageDirectory {
 public:
  ImageDirectory() {
    path_ = std::filesystem::temp_directory_path() / "nephele-formats-XXXXXX";
    if (!::mkdtemp(path_.data())) throw std::runtime_error("mkdtemp");
  }
  ~ImageDirectory() { std::filesystem::remove_all(path_); }
  ImageDirectory(const ImageDirectory&) = delete;
  ImageDirectory& operator=(const ImageDirectory&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  // `options` as for -o; may be empty. The path of the image.
  std::string create(const std::string& name, const std::string& format, const std::string& options,
                     const std::string& size) const {
    std::vector<std::string> arguments{"qemu-img", "create", "-q", "-f", format};
    if (!options.empty()) arguments.insert(arguments.end(), {"-o", options});
    arguments.insert(arguments.end(), {path(name), size});
    platform::run_checked(arguments);
    return path(name);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::string bytes(std::filesystem::file_size(path(name)), '\0');
    std::ifstream file(path(name), std::ios::binary);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  }
  [[nodiscard]] std::string made(const std::string& format, const std::string& options,
                                 const std::string& size = "10M") const {
    create("image", format, options, size);
    return read("image");
  }

 private:
  std::string path_;
};

// The verdict on bytes that come in pieces of `piece`.
inline Verdict inspect_bytes(std::string_view bytes, const std::string& disk_format,
                             std::string_view container_format = "bare", const Rules& rules = {},
                             size_t piece = 1 << 20) {
  Inspection inspection(disk_format, container_format, rules);
  for (size_t at = 0; at < bytes.size(); at += piece) inspection.take(bytes.substr(at, piece));
  return inspection.finish();
}

// Writes a number over the bytes at `offset`.
inline void put_big_endian(std::string& bytes, size_t offset, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; ++i)
    bytes.at(offset + size - 1 - i) = static_cast<char>(value >> (8 * i) & 255);
}
inline void put_little_endian(std::string& bytes, size_t offset, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; ++i)
    bytes.at(offset + i) = static_cast<char>(value >> (8 * i) & 255);
}

}  // namespace glance::formats
