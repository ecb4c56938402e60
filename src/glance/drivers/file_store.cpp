#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "glance/drivers/image_store.hpp"
#include "platform/sparse_write.hpp"

namespace glance::drivers {
namespace {

constexpr std::string_view kScheme = "file://";
constexpr std::string_view kPartSuffix = ".part";
constexpr uint64_t kWriteOut = 8U << 20;  // bytes

[[noreturn]] void fail(const char* what, const std::string& path) {
  const int error = errno;
  const std::string detail = fmt::format("{} {}: {}", what, path, std::strerror(error));
  if (error == ENOSPC || error == EDQUOT)
    throw base::Error(base::ErrorKind::too_large,
                      "There is not enough disk space on the image storage media.", detail);
  throw base::Error(base::ErrorKind::internal, "The image store failed.", detail);
}

void sync_directory(const std::string& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) fail("open", path);
  ::fsync(directory);
  ::close(directory);
}

// Owns the partial file until it is renamed.
class FileWriter final : public ImageStore::Writer {
 public:
  FileWriter(std::string directory, const std::string& name)
      : directory_(std::move(directory)),
        path_(directory_ + "/" + name),
        part_(path_ + std::string(kPartSuffix)),
        file_(::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (file_ < 0) fail("create", part_);
  }

  ~FileWriter() override {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(part_.c_str());
  }

  void write(std::string_view bytes) override {
    if (!platform::write_sparse(file_, bytes, size_)) fail("write", part_);
    size_ += bytes.size();
    start_writing_out();
  }

  std::string commit() override {
    if (::ftruncate(file_, static_cast<off_t>(size_)) != 0) fail("size", part_);
    if (::fsync(file_) != 0) fail("sync", part_);
    if (::rename(part_.c_str(), path_.c_str()) != 0) fail("rename", part_);
    sync_directory(directory_);
    ::close(file_);
    file_ = -1;
    return std::string(kScheme) + path_;
  }

 private:
  // So that the disk works while bytes come, not only when commit() waits for it. A file system
  // that can not be told so loses nothing but that.
  void start_writing_out() {
    if (size_ - writing_out_ < kWriteOut) return;
    static_cast<void>(::sync_file_range(file_, static_cast<off_t>(writing_out_),
                                        static_cast<off_t>(size_ - writing_out_),
                                        SYNC_FILE_RANGE_WRITE));
    writing_out_ = size_;
  }

  std::string directory_, path_, part_;
  int file_;
  uint64_t size_ = 0;
  uint64_t writing_out_ = 0;  // the disk was told to write what is before
};

class FileStore final : public ImageStore {
 public:
  explicit FileStore(std::string directory) : directory_(std::move(directory)) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error)
      throw base::Error(
          base::ErrorKind::unavailable,
          fmt::format("cannot make the image directory {}: {}", directory_, error.message()));
  }

  std::unique_ptr<Writer> start(const std::string& name) override {
    return std::make_unique<FileWriter>(directory_, name);
  }

  std::shared_ptr<platform::http::BodySource> open(const std::string& location, uint64_t offset,
                                                   std::optional<uint64_t> length) override {
    const std::string path = path_of(location);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
      throw base::Error(base::ErrorKind::not_found, "The image's data is gone.", path);
    if (file < 0) fail("open", path);
    auto source = std::make_shared<platform::http::BodySource>();
    source->file = file;
    struct stat status{};
    if (::fstat(file, &status) != 0) fail("look at", path);
    const auto size = static_cast<uint64_t>(status.st_size);
    source->offset = std::min(offset, size);
    source->length = std::min(length.value_or(size), size - source->offset);
    return source;
  }

  bool holds(const std::string& location) const override {
    const std::string prefix = std::string(kScheme) + directory_ + "/";
    return location.starts_with(prefix) && location.find('/', prefix.size()) == std::string::npos;
  }

  void remove(const std::string& location) override {
    const std::string path = path_of(location);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path);
  }

  std::vector<Stored> list() override {
    std::vector<Stored> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (!entry.is_regular_file()) continue;
      std::string name = entry.path().filename().string();
      if (name.ends_with(kPartSuffix)) name.resize(name.size() - kPartSuffix.size());
      all.push_back({std::string(kScheme) + entry.path().string(), name});
    }
    return all;
  }

 private:
  // Only what lies in this store, whatever a row says.
  std::string path_of(const std::string& location) const {
    if (!holds(location))
      throw base::Error(base::ErrorKind::internal, "The image's location is not in this store.",
                        location);
    return location.substr(kScheme.size());
  }

  std::string directory_;
};

}  // namespace

std::unique_ptr<ImageStore> make_file_store(const std::string& directory) {
  return std::make_unique<FileStore>(directory);
}

}  // namespace glance::drivers
