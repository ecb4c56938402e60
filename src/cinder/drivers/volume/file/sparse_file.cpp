#include "cinder/drivers/volume/file/sparse_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "cinder/drivers/volume/file/file_error.hpp"

namespace cinder::drivers {
namespace {

constexpr size_t kBlock = 65536;

bool is_zero(std::string_view bytes) {
  return !bytes.empty() && bytes.front() == 0 &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

SparseFile::SparseFile(std::string path, int64_t size)
    : file_(std::move(path), O_RDWR), size_(size) {}

void SparseFile::write(std::string_view bytes) {
  if (at_ + static_cast<int64_t>(bytes.size()) > size_)
    throw base::Error(base::ErrorKind::bad_request, "The image does not fit into the volume.");
  while (!bytes.empty()) {
    const std::string_view block = bytes.substr(0, kBlock);
    if (!is_zero(block)) write_block(block);
    at_ += static_cast<int64_t>(block.size());
    bytes.remove_prefix(block.size());
  }
}

void SparseFile::write_block(std::string_view bytes) {
  int64_t at = at_;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.descriptor(), bytes.data(), bytes.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_on_file("write", file_.path());
    bytes.remove_prefix(static_cast<size_t>(written));
    at += written;
  }
}

}  // namespace cinder::drivers
