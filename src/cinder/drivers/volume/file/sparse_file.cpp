#include "cinder/drivers/volume/file/sparse_file.hpp"

#include <fcntl.h>

#include <utility>

#include "base/error.hpp"
#include "cinder/drivers/volume/file/file_error.hpp"
#include "platform/sparse_write.hpp"

namespace cinder::drivers {

SparseFile::SparseFile(std::string path, int64_t size)
    : file_(std::move(path), O_RDWR), size_(size) {}

void SparseFile::write(std::string_view bytes) {
  if (at_ + static_cast<int64_t>(bytes.size()) > size_)
    throw base::Error(base::ErrorKind::bad_request, "The image does not fit into the volume.");
  if (!platform::write_sparse(file_.descriptor(), bytes, static_cast<uint64_t>(at_)))
    fail_on_file("write", file_.path());
  at_ += static_cast<int64_t>(bytes.size());
}

}  // namespace cinder::drivers
