#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"
#include "cinder/drivers/volume/file/disk_exports.hpp"
#include "cinder/drivers/volume/file/file_error.hpp"
#include "cinder/drivers/volume/file/file_format.hpp"
#include "cinder/drivers/volume/file/qcow2_header.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

// Of exports that end with what made them.
constexpr std::string_view kTemporary = "temporary-";

std::string next_temporary_name() {
  static std::atomic<int64_t> count = 0;
  return fmt::format("{}{}", kTemporary, ++count);
}

class ExportedView final : public RawView {
 public:
  ExportedView(const DiskExports& exports, const std::string& image, Access access)
      : exports_(exports),
        name_(next_temporary_name()),
        path_(exports_.ensure(name_, image, access == Access::write)) {}
  ~ExportedView() override { exports_.end(name_); }
  ExportedView(const ExportedView&) = delete;
  ExportedView& operator=(const ExportedView&) = delete;
  std::string path() const override { return path_; }

 private:
  const DiskExports exports_;
  const std::string name_;
  const std::string path_;
};

// What of the view is read while it lives.
class ViewReader final : public platform::http::BodyReader {
 public:
  explicit ViewReader(std::unique_ptr<RawView> view)
      : view_(std::move(view)), file_(view_->path(), O_RDONLY) {}
  size_t read(char* buffer, size_t size) override {
    for (;;) {
      const ssize_t count = ::read(file_.descriptor(), buffer, size);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno != EINTR) fail_on_file("read", file_.path());
    }
  }

 private:
  std::unique_ptr<RawView> view_;
  OpenFile file_;  // closed before the view ends
};

class Qcow2Format final : public FileFormat {
 public:
  explicit Qcow2Format(const std::string& exports_directory) : exports_(exports_directory) {
    if (::access("/dev/fuse", R_OK | W_OK) != 0)
      throw base::Error(base::ErrorKind::unavailable,
                        "Volumes in QCOW2 are read and written through FUSE: /dev/fuse can not be "
                        "opened. Load the kernel's module fuse, or let volume_format be raw.",
                        std::strerror(errno));
    // A dead process' are nobody's.
    exports_.end_all(kTemporary);
  }

  void make(const OpenFile& file, int64_t bytes) const override {
    run_image_tool(
        {"qemu-img", "create", "-q", "-f", "qcow2", file.path(), fmt::format("{}", bytes)});
  }

  int64_t size(const OpenFile& file) const override {
    char header[kQcow2Header];
    const ssize_t count = ::pread(file.descriptor(), header, sizeof header, 0);
    if (count < 0) fail_on_file("read", file.path());
    return parse_qcow2_size({header, static_cast<size_t>(count)});
  }

  void grow(const OpenFile& file, int64_t bytes) const override {
    // Its beginning has been looked at: it leads nowhere else.
    run_image_tool(
        {"qemu-img", "resize", "-q", "-f", "qcow2", file.path(), fmt::format("{}", bytes)});
  }

  std::unique_ptr<RawView> view(const std::string& path, Access access) const override {
    return std::make_unique<ExportedView>(exports_, path, access);
  }

  std::shared_ptr<platform::http::BodySource> read(const std::string& volume_id,
                                                   const std::string& path) const override {
    auto source = std::make_shared<platform::http::BodySource>();
    source->length = static_cast<uint64_t>(size(OpenFile(path, O_RDONLY)));
    // The image belongs to the daemon of a volume in use: nobody else looks into it.
    if (const std::string in_use = exports_.find(volume_id); !in_use.empty())
      source->file = OpenFile(in_use, O_RDONLY).release();
    else
      source->reader = std::make_unique<ViewReader>(view(path, Access::read));
    return source;
  }

  std::string expose(const std::string& volume_id, const std::string& path) const override {
    static_cast<void>(size(OpenFile(path, O_RDONLY)));
    return exports_.ensure(volume_id, path, true);
  }

  void conceal(const std::string& volume_id) const override { exports_.end(volume_id); }

  std::vector<HeldPath> exposed() const override {
    std::vector<HeldPath> held;
    for (const DiskExports::Listed& one : exports_.list())
      if (!one.name.starts_with(kTemporary)) held.push_back({one.name, !one.runs});
    return held;
  }

 private:
  static void run_image_tool(const std::vector<std::string>& command) {
    const auto result = platform::run_process(command);
    if (result.exit_code == 0) return;
    const bool full = result.errors.find(std::strerror(ENOSPC)) != std::string::npos;
    throw base::Error(
        full ? base::ErrorKind::too_large : base::ErrorKind::internal,
        full ? "There is no room left in the storage pool." : "The storage pool failed.",
        command[1] + ": " + result.errors);
  }

  const DiskExports exports_;
};

}  // namespace

std::unique_ptr<FileFormat> make_qcow2_format(const std::string& exports_directory) {
  return std::make_unique<Qcow2Format>(exports_directory);
}

}  // namespace cinder::drivers
