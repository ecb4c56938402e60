#include "cinder/drivers/volume/file/sparse_copy.hpp"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cinder/drivers/volume/file/file_error.hpp"

namespace cinder::drivers {
namespace {

off_t size_of(int file) {
  struct stat status{};
  if (::fstat(file, &status) != 0) fail_on_file("look at", "a volume");
  return status.st_size;
}

void copy_range(int source, int target, off_t begin, off_t end) {
  off_t to = begin;
  while (begin < end) {
    const ssize_t copied =
        ::copy_file_range(source, &begin, target, &to, static_cast<size_t>(end - begin), 0);
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) fail_on_file("copy", "a volume");
  }
}

}  // namespace

void copy_sparse(int source, int target) {
  if (::ioctl(target, FICLONE, source) == 0) return;
  const off_t size = size_of(source);
  if (::ftruncate(target, size) != 0) fail_on_file("size", "a copy");
  for (off_t at = 0; at < size;) {
    const off_t data = ::lseek(source, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;  // nothing but a hole follows
    if (data < 0) fail_on_file("look for data in", "a volume");
    const off_t hole = ::lseek(source, data, SEEK_HOLE);
    if (hole < 0) fail_on_file("look for a hole in", "a volume");
    copy_range(source, target, data, hole);
    at = hole;
  }
}

}  // namespace cinder::drivers
