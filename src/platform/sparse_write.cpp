#include "platform/sparse_write.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace platform {
namespace {

bool write_all(int file, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return true;
}

}  // namespace

bool is_all_zero(std::string_view bytes) {
  return !bytes.empty() && bytes.front() == 0 &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

bool write_sparse(int file, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const std::string_view block = bytes.substr(0, kSparseBlock);
    if (!is_all_zero(block) && !write_all(file, block, offset)) return false;
    offset += block.size();
    bytes.remove_prefix(block.size());
  }
  return true;
}

}  // namespace platform
