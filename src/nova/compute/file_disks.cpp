#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "nova/compute/base_images.hpp"
#include "nova/compute/blank_disk.hpp"
#include "nova/compute/disks.hpp"
#include "nova/drivers/disk_extent.hpp"
#include "nova/drivers/durable_file.hpp"
#include "nova/metadata/metadata.hpp"

namespace nova::compute {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using openstack::clients::Image;

constexpr int64_t kGib = 1LL << 30;
// As Nova starts a kernel of Glance unless the image says otherwise.
constexpr const char* kKernelArguments = "root=/dev/vda console=tty0 console=ttyS0";

constexpr const char* kDiskNotPrepared = "The host could not prepare the disk.";

[[noreturn]] void fail_on_disk(const std::string& what) {
  drivers::throw_file_error(errno, kDiskNotPrepared, what);
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) drivers::throw_file_error(error.value(), kDiskNotPrepared, "make " + path.string());
}

// What is not there is removed.
void remove_all(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    throw Error(ErrorKind::internal, "The host could not remove the disk.",
                path.string() + ": " + error.message());
}

// A name of its own for the same file, so that it stays whatever becomes of the other.
void ensure_link(const std::string& path, const std::string& target) {
  std::error_code error;
  fs::create_hard_link(target, path, error);
  if (error && error != std::errc::file_exists)
    drivers::throw_file_error(error.value(), kDiskNotPrepared, "link " + path);
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class FileDisks final : public Disks {
 public:
  FileDisks(std::string directory, openstack::clients::Glance& glance, platform::Runtime runtime,
            std::string ephemeral_format)
      : directory_(std::move(directory)),
        ephemeral_format_(std::move(ephemeral_format)),
        glance_(glance),
        runtime_(runtime),
        base_images_(directory_ + "/_base", glance, std::move(runtime)) {}

  void ensure(const ServerDescription& server, const std::string& request_id) override {
    make_directories(server_directory(server.id));
    if (!server.image_id.empty()) ensure_root(server, request_id);
    ensure_blank_disks(server);
    if (server.config_drive) ensure_config_drive(server);
  }

  void remove(const std::string& server_id) override { remove_all(server_directory(server_id)); }

  Media media_of(const std::string& server_id) const override {
    Media media;
    if (const auto root = root_of(server_id)) media.disks.push_back(*root);
    size_t ephemeral = 0;
    while (fs::exists(ephemeral_path(server_id, ephemeral)))
      media.disks.push_back({ephemeral_path(server_id, ephemeral++), "raw"});
    const std::string swap = path_of(server_id, "disk.swap");
    if (fs::exists(swap)) media.disks.push_back({swap, "raw"});
    const std::string config_drive = path_of(server_id, "disk.config");
    if (fs::exists(config_drive)) media.config_drive = {config_drive, "raw", true};
    const std::string kernel = path_of(server_id, "kernel");
    const std::string ramdisk = path_of(server_id, "ramdisk");
    if (fs::exists(kernel))
      media.kernel = {kernel, fs::exists(ramdisk) ? ramdisk : "",
                      read_text(path_of(server_id, "kernel.arguments"))};
    return media;
  }

  RootCopy prepare_copy(const std::string& server_id) override {
    const auto disk = root_of(server_id);
    if (!disk) throw Error(ErrorKind::conflict, "The server has no disk on its host.", server_id);
    remove_copy(server_id);
    const drivers::DiskExtent extent = drivers::measure_disk(disk->path, disk->format);
    require_room(std::min(extent.virtual_size, extent.allocated));
    return {*disk, path_of(server_id, "copy")};
  }

  std::shared_ptr<platform::http::BodySource> read_copy(const std::string& server_id) override {
    auto source = std::make_shared<platform::http::BodySource>();
    const std::string path = path_of(server_id, "copy");
    source->file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (source->file < 0) fail_on_disk("open " + path);
    struct stat status{};
    if (::fstat(source->file, &status) != 0) fail_on_disk("look at " + path);
    source->length = static_cast<uint64_t>(status.st_size);
    return source;
  }

  bool has_copy(const std::string& server_id) override {
    return fs::exists(path_of(server_id, "copy"));
  }

  void remove_copy(const std::string& server_id) override {
    remove_all(path_of(server_id, "copy"));
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

  void ensure_root(const ServerDescription& server, const std::string& request_id) {
    const Image image = glance_.get_image(server.image_id, "", request_id);
    const int64_t size = root_size(server, image);
    const Medium medium = root_medium(image);
    const BaseImage base = base_images_.ensure(image, medium, request_id);
    if (medium == Medium::cdrom)
      ensure_link(path_of(server.id, "cdrom"), base.path);
    else
      ensure_overlay(path_of(server.id, "disk"), base, size);
    ensure_kernel(server, image, request_id);
  }

  int64_t gib(fsblkcnt_t statvfs_t::* member) const {
    statvfs_t status{};
    if (::statvfs(directory_.c_str(), &status) != 0) fail_on_disk("look at " + directory_);
    return static_cast<int64_t>(status.*member * status.f_frsize) / kGib;
  }

  // More than that is written only of a base image that is compressed.
  void require_room(uint64_t bytes) const {
    statvfs_t status{};
    if (::statvfs(directory_.c_str(), &status) != 0) fail_on_disk("look at " + directory_);
    if (bytes > status.f_bavail * status.f_frsize)
      throw Error(ErrorKind::too_large, "The host has no room for a copy of the disk.",
                  fmt::format("{} bytes in {}", bytes, directory_));
  }

  // Only ids become paths.
  std::string server_directory(const std::string& id) const {
    if (!base::is_uuid(id)) throw Error(ErrorKind::internal, "Not a server's id.", id);
    return directory_ + "/" + id;
  }
  std::string path_of(const std::string& server_id, const std::string& file) const {
    return server_directory(server_id) + "/" + file;
  }

  std::string ephemeral_path(const std::string& server_id, size_t index) const {
    return path_of(server_id, fmt::format("disk.eph{}", index));
  }

  std::optional<drivers::GuestDisk> root_of(const std::string& server_id) const {
    const std::string cdrom = path_of(server_id, "cdrom");
    if (fs::exists(cdrom)) return drivers::GuestDisk{cdrom, "raw", true, true};
    const std::string disk = path_of(server_id, "disk");
    if (fs::exists(disk)) return drivers::GuestDisk{disk, "qcow2"};
    return std::nullopt;
  }

  void ensure_blank_disks(const ServerDescription& server) const {
    size_t ephemeral = 0;
    for (const LocalDisk& disk : server.local_disks) {
      BlankDisk blank{disk.format, "", disk.size_mib};
      std::string path = path_of(server.id, "disk.swap");
      if (disk.format != "swap") {
        if (blank.format.empty()) blank.format = ephemeral_format_;
        if (blank.format.empty()) blank.format = default_ephemeral_format(server.os_type);
        blank.label = fmt::format("ephemeral{}", ephemeral);
        path = ephemeral_path(server.id, ephemeral++);
      }
      if (!fs::exists(path)) make_blank_disk(path, blank);
    }
  }

  // In bytes; 0: that of the image, which is not known.
  static int64_t root_size(const ServerDescription& server, const Image& image) {
    const int64_t size = server.disk_gib > 0 ? server.disk_gib * kGib : image.virtual_size;
    if (image.virtual_size > size)
      throw Error(ErrorKind::bad_request, "Flavor's disk is too small for requested image.");
    return size;
  }

  static void ensure_overlay(const std::string& path, const BaseImage& base, int64_t size) {
    if (fs::exists(path)) return;
    std::vector<std::string> arguments{
        "qemu-img", "create",  "-q",         "-f", "qcow2", "-F", std::string(base.format),
        "-b",       base.path, path + ".new"};
    if (size > 0) arguments.push_back(fmt::format("{}", size));
    make_file(path, std::move(arguments));
  }

  // Those that the image names, if the server's project may see them. The kernel's name comes last:
  // with it, all is there.
  void ensure_kernel(const ServerDescription& server, const Image& image,
                     const std::string& request_id) {
    const auto fetch = [&](const std::string& id, Medium medium) {
      return base_images_.ensure(glance_.get_image(id, server.project_id, request_id), medium,
                                 request_id);
    };
    const std::string kernel = base::text_or(image.properties, "kernel_id");
    if (kernel.empty()) return;
    const std::string ramdisk = base::text_or(image.properties, "ramdisk_id");
    if (!ramdisk.empty())
      ensure_link(path_of(server.id, "ramdisk"), fetch(ramdisk, Medium::ramdisk).path);
    drivers::write_file(path_of(server.id, "kernel.arguments"),
                        base::text_or(image.properties, "os_command_line", kKernelArguments));
    ensure_link(path_of(server.id, "kernel"), fetch(kernel, Medium::kernel).path);
  }

  void ensure_config_drive(const ServerDescription& server) {
    const std::string path = path_of(server.id, "disk.config");
    if (fs::exists(path)) return;
    const std::string tree = path_of(server.id, "config");
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
  std::string ephemeral_format_;
  openstack::clients::Glance& glance_;
  platform::Runtime runtime_;
  BaseImages base_images_;
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
                                       platform::Runtime runtime, std::string ephemeral_format) {
  return std::make_unique<FileDisks>(directory, glance, runtime, std::move(ephemeral_format));
}

}  // namespace nova::compute
