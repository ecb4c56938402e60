#include "nova/drivers/disk_extent.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/error.hpp"
#include "nova/drivers/durable_file.hpp"

namespace nova::drivers {
namespace {

constexpr const char* kNotMeasured = "The host could not read the disk.";
constexpr uint64_t kLongestName = 1023;

struct stat look_at(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) throw_file_error(errno, kNotMeasured, path);
  return status;
}

uint64_t allocated_bytes(const struct stat& status) {
  return static_cast<uint64_t>(status.st_blocks) * 512;
}

// docs/interop/qcow2.txt of QEMU.
class QcowHeader {
 public:
  explicit QcowHeader(const std::string& path) : file_(path, std::ios::binary) {
    bytes_ = read(0, 32);
    if (!bytes_.starts_with("QFI\xfb") || bytes_.size() < 32)
      throw base::Error(base::ErrorKind::internal, kNotMeasured, path + " is no qcow2 image");
  }
  [[nodiscard]] uint64_t virtual_size() const { return number(24, 8); }
  [[nodiscard]] std::string backing_file() {
    const uint64_t offset = number(8, 8);
    const uint64_t size = number(16, 4);
    return offset == 0 || size > kLongestName ? std::string() : read(offset, size);
  }

 private:
  std::string read(uint64_t offset, uint64_t size) {
    std::string text(size, '\0');
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<size_t>(std::max<std::streamsize>(file_.gcount(), 0)));
    return text;
  }
  [[nodiscard]] uint64_t number(size_t offset, size_t size) const {
    uint64_t value = 0;
    for (size_t i = offset; i < offset + size; ++i)
      value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    return value;
  }

  std::ifstream file_;
  std::string bytes_;
};

}  // namespace

DiskExtent measure_disk(const std::string& path, const std::string& format) {
  const struct stat status = look_at(path);
  if (format != "qcow2") return {static_cast<uint64_t>(status.st_size), allocated_bytes(status)};
  QcowHeader header(path);
  const std::string below = header.backing_file();
  return {header.virtual_size(),
          allocated_bytes(status) + (below.empty() ? 0 : allocated_bytes(look_at(below)))};
}

}  // namespace nova::drivers
