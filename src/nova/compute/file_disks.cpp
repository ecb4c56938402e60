#include <fcntl.h>
#include <fmt/core.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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

// What a program may use that reads bytes of a tenant: as much address space as Nova gives it.
constexpr int64_t kConvertMemory = kGib;
constexpr base::Duration kConvertTime = std::chrono::hours{1};

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

// What becomes of an image's bytes before guests get overlays over them.
struct Preparation {
  std::string_view disk_format;  // Glance's
  std::string_view qemu_format;  // what QEMU is told that they are: it never guesses
  bool convert;                  // to qcow2: QEMU neither grows the others nor writes all of them
};
constexpr std::array kPreparations{
    Preparation{"raw", "raw", false},     Preparation{"gpt", "raw", false},
    Preparation{"ami", "raw", false},     Preparation{"iso", "raw", false},
    Preparation{"qcow2", "qcow2", false}, Preparation{"vmdk", "vmdk", true},
    Preparation{"vdi", "vdi", true},      Preparation{"vhd", "vpc", true},
    Preparation{"vhdx", "vhdx", true},    Preparation{"ploop", "parallels", true},
};

[[noreturn]] void refuse_boot(const openstack::clients::Image& image, std::string_view reason) {
  throw Error(ErrorKind::bad_request,
              fmt::format("Image {} is unacceptable: {}", image.id, reason));
}

// Refuses an image that is no disk, or that Glance has not looked into: an image without a virtual
// size is one, and a converter would follow whatever it says of other files.
const Preparation& preparation_of(const openstack::clients::Image& image) {
  for (const char* archive : {"ova", "docker", "compressed"})
    if (image.container_format == archive)
      refuse_boot(image, fmt::format("Servers do not boot from a container {}.", archive));
  const auto found = std::find_if(
      kPreparations.begin(), kPreparations.end(),
      [&](const Preparation& known) { return known.disk_format == image.disk_format; });
  if (found == kPreparations.end())
    refuse_boot(image, fmt::format("Servers do not boot from disk format {}.", image.disk_format));
  if (found->convert && image.virtual_size <= 0)
    refuse_boot(image, "Its virtual size is not known. Upload it again.");
  return *found;
}

std::string_view base_format(const Preparation& preparation) {
  return preparation.convert ? "qcow2" : preparation.qemu_format;
}

// Runs a program that writes `path`, whole or not at all.
void make_file(const std::string& path, std::vector<std::string> arguments,
               const platform::ProcessOptions& options = {}) {
  const auto result = platform::run_process(arguments, options);
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
  }

  void ensure(const ServerDescription& server, const std::string& request_id) override {
    const openstack::clients::Image image = glance_.get_image(server.image_id, "", request_id);
    const Preparation& preparation = preparation_of(image);
    const int64_t size = root_size(server, image);
    const std::string base = base_path(image.id, preparation);
    ensure_base(image, base, preparation, request_id);
    make_directories(server_directory(server.id));
    ensure_overlay(root_path(server.id), base, base_format(preparation), size);
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
  std::string base_path(const std::string& image_id, const Preparation& preparation) const {
    if (!base::is_uuid(image_id)) throw Error(ErrorKind::internal, "Not an image's id.", image_id);
    return base_directory() + "/" + image_id + (preparation.convert ? ".qcow2" : "");
  }

  // In bytes; 0: that of the image, which is not known.
  static int64_t root_size(const ServerDescription& server,
                           const openstack::clients::Image& image) {
    const int64_t size = server.disk_gib > 0 ? server.disk_gib * kGib : image.virtual_size;
    if (image.virtual_size > size)
      throw Error(ErrorKind::bad_request, "Flavor's disk is too small for requested image.");
    return size;
  }

  // One download of an image at a time; the second in line finds it there.
  void ensure_base(const openstack::clients::Image& image, const std::string& path,
                   const Preparation& preparation, const std::string& request_id) {
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
    if (fs::exists(path)) return;
    const std::string part = path + ".part";
    const base::ScopeExit remove_part([&] { ::unlink(part.c_str()); });
    download(image, part, request_id);
    if (preparation.convert)
      convert(part, preparation, path, image.virtual_size);
    else if (::rename(part.c_str(), path.c_str()) != 0)
      fail("rename " + part);
    platform::log_info("image cached image={} bytes={}", image.id, image.size);
  }

  void download(const openstack::clients::Image& image, const std::string& part,
                const std::string& request_id) {
    const auto source = glance_.download(image.id, request_id);
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("create " + part);
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
  }

  // Bounded in memory, time and what it writes: the bytes are a tenant's.
  static void convert(const std::string& from, const Preparation& preparation,
                      const std::string& path, int64_t virtual_size) {
    const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(kConvertTime).count();
    const int64_t tables = virtual_size / 64 + (64 << 20);  // more than qcow2 ever needs
    platform::ProcessOptions options;
    options.timeout = kConvertTime;
    const base::ScopeExit remove_new([&] { ::unlink((path + ".new").c_str()); });
    make_file(
        path,
        {"prlimit", fmt::format("--as={}", kConvertMemory), fmt::format("--cpu={}", seconds),
         fmt::format("--fsize={}", virtual_size + tables), "--core=0", "qemu-img", "convert", "-q",
         "-f", std::string(preparation.qemu_format), "-O", "qcow2", from, path + ".new"},
        options);
  }

  static void ensure_overlay(const std::string& path, const std::string& base,
                             std::string_view format, int64_t size) {
    if (fs::exists(path)) return;
    std::vector<std::string> arguments{
        "qemu-img",          "create", "-q", "-f",         "qcow2", "-F",
        std::string(format), "-b",     base, path + ".new"};
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
      const fs::path file = fs::path(tree) / name;
      make_directories(file.parent_path());
      drivers::write_file(file.string(), text);
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

void remove_unfinished_images(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory + "/_base", error))
    if (entry.path().extension() == ".part" || entry.path().extension() == ".new")
      fs::remove(entry.path(), error);
}

std::unique_ptr<Disks> make_file_disks(const std::string& directory,
                                       openstack::clients::Glance& glance,
                                       platform::Runtime runtime) {
  return std::make_unique<FileDisks>(directory, glance, runtime);
}

}  // namespace nova::compute
