#include "nova/compute/base_images.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "nova/drivers/durable_file.hpp"
#include "platform/crypto.hpp"
#include "platform/disk_conversion.hpp"
#include "platform/log.hpp"
#include "platform/sparse_write.hpp"

namespace nova::compute {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using openstack::clients::Image;

constexpr size_t kChunk = 1 << 20;

constexpr const char* kNotPrepared = "The host could not prepare the disk.";

[[noreturn]] void fail(const std::string& what) {
  drivers::throw_file_error(errno, kNotPrepared, what);
}

[[noreturn]] void refuse_boot(const Image& image, std::string_view reason) {
  throw Error(ErrorKind::bad_request,
              fmt::format("Image {} is unacceptable: {}", image.id, reason));
}

}  // namespace

// What becomes of an image's bytes before guests use them.
struct BaseImages::Preparation {
  std::string_view disk_format;  // Glance's
  Medium medium;
  std::string_view qemu_format;
  bool convert = false;  // to qcow2: QEMU neither grows the others nor writes all of them
};

// Refuses an image that is not of that kind, or that Glance has not looked into: an image without a
// virtual size is one, and a converter would follow whatever it says of other files.
const BaseImages::Preparation& BaseImages::preparation_of(const Image& image, Medium medium) {
  static constexpr std::array kPreparations{
      Preparation{"raw", Medium::disk, "raw"},
      Preparation{"gpt", Medium::disk, "raw"},
      Preparation{"ami", Medium::disk, "raw"},
      Preparation{"qcow2", Medium::disk, "qcow2"},
      Preparation{"vmdk", Medium::disk, "vmdk", true},
      Preparation{"vdi", Medium::disk, "vdi", true},
      Preparation{"vhd", Medium::disk, "vpc", true},
      Preparation{"vhdx", Medium::disk, "vhdx", true},
      Preparation{"ploop", Medium::disk, "parallels", true},
      Preparation{"iso", Medium::cdrom, "raw"},
      Preparation{"aki", Medium::kernel, "raw"},
      Preparation{"ari", Medium::ramdisk, "raw"},
  };
  for (const char* archive : {"ova", "docker", "compressed"})
    if (image.container_format == archive)
      refuse_boot(image, fmt::format("Servers do not boot from a container {}.", archive));
  const auto found =
      std::find_if(kPreparations.begin(), kPreparations.end(), [&](const Preparation& known) {
        return known.disk_format == image.disk_format && known.medium == medium;
      });
  if (found == kPreparations.end()) {
    const std::string_view as = medium == Medium::kernel    ? "with a kernel of"
                                : medium == Medium::ramdisk ? "with a ramdisk of"
                                                            : "from";
    refuse_boot(image,
                fmt::format("Servers do not boot {} disk format {}.", as, image.disk_format));
  }
  if (found->convert && image.virtual_size <= 0)
    refuse_boot(image, "Its virtual size is not known. Upload it again.");
  return *found;
}

Medium root_medium(const Image& image) {
  return image.disk_format == "iso" ? Medium::cdrom : Medium::disk;
}

BaseImages::BaseImages(std::string directory, openstack::clients::Glance& glance,
                       platform::Runtime runtime)
    : directory_(std::move(directory)), glance_(glance), runtime_(std::move(runtime)) {
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error)
    throw Error(ErrorKind::unavailable, fmt::format("cannot make the instances directory {}: {}",
                                                    directory_, error.message()));
}

BaseImage BaseImages::ensure(const Image& image, Medium medium, const std::string& request_id) {
  const Preparation& preparation = preparation_of(image, medium);
  // Only ids become paths.
  if (!base::is_uuid(image.id)) throw Error(ErrorKind::internal, "Not an image's id.", image.id);
  const std::string path = directory_ + "/" + image.id + (preparation.convert ? ".qcow2" : "");
  fetch(image, path, preparation, request_id);
  return {path, preparation.convert ? "qcow2" : preparation.qemu_format};
}

// One download of an image at a time; the second in line finds it there.
void BaseImages::fetch(const Image& image, const std::string& path, const Preparation& preparation,
                       const std::string& request_id) {
  for (;;) {
    if (fs::exists(path)) return;
    {
      const std::lock_guard lock(mutex_);
      if (downloading_.insert(image.id).second) break;
    }
    runtime_.executor.sleep_for(std::chrono::milliseconds{50});
  }
  const base::ScopeExit done([&] {
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

void BaseImages::download(const Image& image, const std::string& part,
                          const std::string& request_id) {
  platform::http::Response response;
  response.stream = glance_.download(image.id, request_id);
  const auto reader = platform::http::take_body(response);
  const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail("create " + part);
  const base::ScopeExit close_file([&] { ::close(file); });
  platform::Digest digest("sha512");
  std::string chunk(kChunk, '\0');
  uint64_t size = 0;
  while (const size_t count = reader->read(chunk.data(), chunk.size())) {
    const std::string_view bytes(chunk.data(), count);
    digest.update(bytes);
    if (!platform::write_sparse(file, bytes, size)) fail("write " + part);
    size += count;
  }
  if (::ftruncate(file, static_cast<off_t>(size)) != 0) fail("size " + part);
  if (!image.os_hash_value.empty() && digest.finish_hex() != image.os_hash_value)
    throw Error(ErrorKind::internal, "The image arrived damaged.", "sha512 differs: " + image.id);
  if (::fsync(file) != 0) fail("sync " + part);
}

void BaseImages::convert(const std::string& from, const Preparation& preparation,
                         const std::string& path, int64_t virtual_size) {
  const std::string made = path + ".new";
  try {
    platform::convert_disk({from, std::string(preparation.qemu_format), made, "qcow2",
                            static_cast<uint64_t>(virtual_size)});
  } catch (const Error& error) {
    const bool full = error.kind() == ErrorKind::too_large;
    drivers::throw_file_error(full ? ENOSPC : EIO, kNotPrepared, error.detail());
  }
  if (::rename(made.c_str(), path.c_str()) != 0) fail("rename " + made);
}

void make_file(const std::string& path, std::vector<std::string> arguments,
               const platform::ProcessOptions& options) {
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

}  // namespace nova::compute
