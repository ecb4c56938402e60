#include <fcntl.h>
#include <fmt/core.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "nova/compute/disks.hpp"
#include "nova/drivers/durable_file.hpp"
#include "nova/metadata/metadata.hpp"
#include "platform/crypto.hpp"
#include "platform/log.hpp"
#include "platform/process.hpp"

namespace nova::compute {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;

constexpr int64_t kGib = 1LL << 30;
constexpr size_t kChunk = 1 << 20;

constexpr const char* kNotPrepared = "The host could not prepare the disk.";

[[noreturn]] void fail(const std::string& what) {
  drivers::throw_file_error(errno, kNotPrepared, what);
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) drivers::throw_file_error(error.value(), kNotPrepared, "make " + path.string());
}

// What is not there is removed.
void remove_all(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    throw Error(ErrorKind::internal, "The host could not remove the disk.",
                path.string() + ": " + error.message());
}

// Runs a program that writes `path`, whole or not at all.
void make_file(const std::string& path, std::vector<std::string> arguments) {
  const auto result = platform::run_process(arguments);
  if (result.exit_code == 0) {
    drivers::make_durable(path + ".new");
    if (::rename((path + ".new").c_str(), path.c_str()) != 0) fail("rename " + path);
    return;
  }
  const std::string said = arguments.front() + " for " + path + ": " + result.errors;
  // The program's words for it, and no other sign, say that the disk is full.
  const bool full = said.find(std::strerror(ENOSPC)) != std::string::npos;
  drivers::throw_file_error(full ? ENOSPC : EIO, kNotPrepared, said);
}

void write_all(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write " + path);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

// Reads a source of either kind.
std::function<size_t(char*, size_t)> reader_of(platform::http::BodySource& source) {
  if (source.reader)
    return [&source](char* buffer, size_t size) { return source.reader->read(buffer, size); };
  return [&source, offset = source.offset, left = source.length.value_or(0)](char* buffer,
                                                                             size_t size) mutable {
    const ssize_t count =
        ::pread(source.file, buffer, std::min<uint64_t>(size, left), static_cast<off_t>(offset));
    if (count < 0) fail("read image");
    offset += static_cast<uint64_t>(count);
    left -= static_cast<uint64_t>(count);
    return static_cast<size_t>(count);
  };
}

class FileDisks final : public Disks {
 public:
  FileDisks(std::string directory, openstack::clients::Glance& glance, platform::Runtime runtime)
      : directory_(std::move(directory)), glance_(glance), runtime_(runtime) {
    std::error_code error;
    fs::create_directories(base_directory(), error);
    if (error)
      throw Error(ErrorKind::unavailable, fmt::format("cannot make the instances directory {}: {}",
                                                      directory_, error.message()));
    for (const auto& entry : fs::directory_iterator(base_directory()))
      if (entry.path().extension() == ".part") fs::remove(entry.path());
  }

  void ensure(const ServerDescription& server, const std::string& request_id) override {
    const openstack::clients::Image image = glance_.get_image(server.image_id, "", request_id);
    const std::string format = image.disk_format == "qcow2" ? "qcow2" : "raw";
    ensure_base(image, request_id);
    make_directories(server_directory(server.id));
    ensure_overlay(server, image, format);
    if (server.config_drive) ensure_config_drive(server);
  }

  void remove(const std::string& server_id) override { remove_all(server_directory(server_id)); }

  std::string root_path(const std::string& server_id) const override {
    return server_directory(server_id) + "/disk";
  }

  std::string config_drive_path(const std::string& server_id) const override {
    const std::string path = server_directory(server_id) + "/disk.config";
    return fs::exists(path) ? path : std::string();
  }

  std::vector<std::string> list_servers() override {
    std::vector<std::string> ids;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory_, error))
      if (base::is_uuid(entry.path().filename().string()))
        ids.push_back(entry.path().filename().string());
    if (error)
      throw Error(ErrorKind::unavailable, "The host's directory of instances can not be read.",
                  directory_ + ": " + error.message());
    return ids;
  }

  int64_t total_gib() override { return gib(&statvfs_t::f_blocks); }
  int64_t free_gib() override { return gib(&statvfs_t::f_bavail); }

 private:
  using statvfs_t = struct statvfs;

  int64_t gib(fsblkcnt_t statvfs_t::* member) const {
    statvfs_t status{};
    if (::statvfs(directory_.c_str(), &status) != 0) fail("look at " + directory_);
    return static_cast<int64_t>(status.*member * status.f_frsize) / kGib;
  }

  std::string base_directory() const { return directory_ + "/_base"; }
  // Only ids become paths.
  std::string server_directory(const std::string& id) const {
    if (!base::is_uuid(id)) throw Error(ErrorKind::internal, "Not a server's id.", id);
    return directory_ + "/" + id;
  }
  std::string base_path(const std::string& image_id) const {
    if (!base::is_uuid(image_id)) throw Error(ErrorKind::internal, "Not an image's id.", image_id);
    return base_directory() + "/" + image_id;
  }

  // One download of an image at a time; the second in line finds it there.
  void ensure_base(const openstack::clients::Image& image, const std::string& request_id) {
    const std::string path = base_path(image.id);
    for (;;) {
      if (fs::exists(path)) return;
      {
        const std::lock_guard lock(mutex_);
        if (downloading_.insert(image.id).second) break;
      }
      runtime_.executor.sleep_for(std::chrono::milliseconds{50});
    }
    base::ScopeExit done([&] {
      const std::lock_guard lock(mutex_);
      downloading_.erase(image.id);
    });
    if (!fs::exists(path)) download(image, path, request_id);
  }

  void download(const openstack::clients::Image& image, const std::string& path,
                const std::string& request_id) {
    const auto source = glance_.download(image.id, request_id);
    const std::string part = path + ".part";
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("create " + part);
    base::ScopeExit give_up([&] { ::unlink(part.c_str()); });
    base::ScopeExit close_file([&] { ::close(file); });
    platform::Digest digest("sha512");
    const auto read = reader_of(*source);
    std::string chunk(kChunk, '\0');
    while (const size_t count = read(chunk.data(), chunk.size())) {
      const std::string_view bytes(chunk.data(), count);
      digest.update(bytes);
      write_all(file, bytes, part);
    }
    if (digest.finish_hex() != image.os_hash_value)
      throw Error(ErrorKind::internal, "The image arrived damaged.", "sha512 differs: " + image.id);
    if (::fsync(file) != 0) fail("sync " + part);
    if (::rename(part.c_str(), path.c_str()) != 0) fail("rename " + part);
    give_up.release();
    platform::log_info("image cached image={} bytes={}", image.id, image.size);
  }

  void ensure_overlay(const ServerDescription& server, const openstack::clients::Image& image,
                      const std::string& format) {
    const std::string path = root_path(server.id);
    if (fs::exists(path)) return;
    const int64_t size = server.disk_gib > 0 ? server.disk_gib * kGib : image.virtual_size;
    if (image.virtual_size > size)
      throw Error(ErrorKind::bad_request, "Flavor's disk is too small for requested image.");
    std::vector<std::string> arguments{
        "qemu-img",          "create",     "-q", "-f", "qcow2", "-F", format, "-b",
        base_path(image.id), path + ".new"};
    if (size > 0) arguments.push_back(fmt::format("{}", size));
    make_file(path, std::move(arguments));
  }

  void ensure_config_drive(const ServerDescription& server) {
    const std::string path = server_directory(server.id) + "/disk.config";
    if (fs::exists(path)) return;
    const std::string tree = server_directory(server.id) + "/config";
    remove_all(tree);
    const base::ScopeExit remove_tree([&] {
      std::error_code ignored;  // it goes with the server's directory at the latest
      fs::remove_all(tree, ignored);
    });
    for (const auto& [name, text] : metadata::config_drive_files(server, runtime_.random)) {
      make_directories(fs::path(tree + "/" + name).parent_path());
      drivers::write_file(tree + "/" + name, text);
    }
    make_file(path, {"genisoimage", "-quiet", "-o", path + ".new", "-ldots", "-allow-lowercase",
                     "-allow-multidot", "-l", "-V", "config-2", "-r", "-J", tree});
  }

  std::string directory_;
  openstack::clients::Glance& glance_;
  platform::Runtime runtime_;
  std::mutex mutex_;
  std::set<std::string> downloading_;
};

}  // namespace

std::unique_ptr<Disks> make_file_disks(const std::string& directory,
                                       openstack::clients::Glance& glance,
                                       platform::Runtime runtime) {
  return std::make_unique<FileDisks>(directory, glance, runtime);
}

}  // namespace nova::compute
