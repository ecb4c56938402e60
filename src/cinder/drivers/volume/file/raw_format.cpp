#include <fcntl.h>

#include <filesystem>

#include "cinder/drivers/volume/file/file_format.hpp"

namespace cinder::drivers {
namespace {

class FileItself final : public RawView {
 public:
  explicit FileItself(std::string path) : path_(std::move(path)) {}
  std::string path() const override { return path_; }

 private:
  std::string path_;
};

class RawFormat final : public FileFormat {
 public:
  void make(const OpenFile& file, int64_t bytes) const override { file.resize(bytes); }
  int64_t size(const OpenFile& file) const override { return file.size(); }
  void grow(const OpenFile& file, int64_t bytes) const override { file.resize(bytes); }

  std::unique_ptr<RawView> view(const std::string& path, Access /*access*/) const override {
    return std::make_unique<FileItself>(path);
  }

  std::shared_ptr<platform::http::BodySource> read(const std::string& /*volume_id*/,
                                                   const std::string& path) const override {
    OpenFile file(path, O_RDONLY);
    auto source = std::make_shared<platform::http::BodySource>();
    source->length = static_cast<uint64_t>(file.size());
    source->file = file.release();
    return source;
  }

  std::string expose(const std::string& /*volume_id*/, const std::string& path) const override {
    return std::filesystem::absolute(path).string();
  }
};

}  // namespace

std::unique_ptr<FileFormat> make_raw_format() { return std::make_unique<RawFormat>(); }

}  // namespace cinder::drivers
