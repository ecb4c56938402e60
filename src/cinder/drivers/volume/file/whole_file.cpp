#include "cinder/drivers/volume/file/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "cinder/drivers/volume/file/file_error.hpp"

namespace cinder::drivers {

OpenFile::OpenFile(std::string path, int flags)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) fail_on_file("open", path_);
}

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void OpenFile::resize(int64_t bytes) const {
  if (::ftruncate(descriptor_, bytes) != 0) fail_on_file("size", path_);
}

int64_t OpenFile::size() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) fail_on_file("look at", path_);
  return status.st_size;
}

void OpenFile::sync() const {
  if (::fsync(descriptor_) != 0) fail_on_file("sync", path_);
}

int OpenFile::release() { return std::exchange(descriptor_, -1); }

WholeFile::WholeFile(std::string directory, const std::string& name)
    : directory_(std::move(directory)),
      path_(directory_ + "/" + name),
      file_(path_ + std::string(kPartSuffix), O_RDWR | O_CREAT | O_TRUNC) {}

WholeFile::~WholeFile() {
  if (!committed_) ::unlink(file_.path().c_str());
}

void WholeFile::commit() {
  file_.sync();
  if (::rename(file_.path().c_str(), path_.c_str()) != 0) fail_on_file("rename", path_);
  committed_ = true;
  sync_directory(directory_);
}

void sync_directory(const std::string& path) { OpenFile(path, O_RDONLY | O_DIRECTORY).sync(); }

}  // namespace cinder::drivers
