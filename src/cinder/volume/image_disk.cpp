#include "cinder/volume/image_disk.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/crypto.hpp"
#include "platform/process.hpp"

namespace cinder::volume {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::Image;

constexpr size_t kChunk = 1 << 20;
// Of a program that reads bytes of a tenant.
constexpr int64_t kConvertMemory = int64_t{2} << 30;
constexpr base::Duration kConvertTime = std::chrono::hours{1};

struct ImageFormat {
  std::string_view disk_format;  // Glance's
  std::string_view qemu_format;  // what QEMU is told: it never guesses; empty: raw already
};
constexpr std::array kFormats{
    ImageFormat{"raw", ""},        ImageFormat{"gpt", ""},
    ImageFormat{"ami", ""},        ImageFormat{"iso", ""},
    ImageFormat{"qcow2", "qcow2"}, ImageFormat{"vmdk", "vmdk"},
    ImageFormat{"vdi", "vdi"},     ImageFormat{"vhd", "vpc"},
    ImageFormat{"vhdx", "vhdx"},   ImageFormat{"ploop", "parallels"},
};

const ImageFormat& format_of(const Image& image) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const ImageFormat& known) {
    return known.disk_format == image.disk_format;
  });
  if (found == kFormats.end())
    throw Error(ErrorKind::bad_request,
                fmt::format("Image {} is unacceptable: volumes are not made of disk format {}.",
                            image.id, image.disk_format));
  return *found;
}

// Calls `take` with the image's bytes as they come; throws unless they are what Glance has.
void download(openstack::clients::Glance& glance, const Image& image, const std::string& request_id,
              const std::function<void(std::string_view)>& take) {
  platform::http::Response response;
  response.stream = glance.download(image.id, request_id);
  const auto reader = platform::http::take_body(response);
  platform::Digest digest("sha512");
  std::string chunk(kChunk, '\0');
  while (const size_t count = reader->read(chunk.data(), chunk.size())) {
    const std::string_view bytes(chunk.data(), count);
    digest.update(bytes);
    take(bytes);
  }
  if (digest.finish_hex() != image.os_hash_value)
    throw Error(ErrorKind::internal, "The image arrived damaged.", "sha512 differs: " + image.id);
}

[[noreturn]] void fail_on_conversion(const std::string& path, const std::string& said) {
  const bool full = said.find(std::strerror(ENOSPC)) != std::string::npos;
  throw Error(full ? ErrorKind::too_large : ErrorKind::internal,
              full ? "There is no room to convert the image." : "The image could not be converted.",
              path + ": " + said);
}

// Bounded in memory, time and what it writes: the bytes are a tenant's.
void convert_to_raw(const std::string& from, std::string_view format, const std::string& to,
                    int64_t virtual_size) {
  const int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(kConvertTime).count();
  platform::ProcessOptions options;
  options.timeout = kConvertTime;
  const auto result = platform::run_process(
      {"prlimit", fmt::format("--as={}", kConvertMemory), fmt::format("--cpu={}", seconds),
       fmt::format("--fsize={}", virtual_size), "--core=0", "qemu-img", "convert", "-q", "-f",
       std::string(format), "-O", "raw", from, to},
      options);
  if (result.exit_code != 0) fail_on_conversion(from, result.errors);
}

void copy_file(const std::string& path, drivers::Writer& writer) {
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kChunk, '\0');
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    writer.write(std::string_view(chunk.data(), static_cast<size_t>(file.gcount())));
  }
  if (!file.eof()) fail_on_conversion(path, "can not be read");
}

}  // namespace

void check_image_format(const Image& image) {
  const bool converts = !format_of(image).qemu_format.empty();
  // A converter would follow whatever an image that nobody has looked into says of other files.
  if (converts && image.virtual_size <= 0)
    throw Error(ErrorKind::bad_request,
                fmt::format("Image {} is unacceptable: its virtual size is not known. Upload it "
                            "again.",
                            image.id));
}

void write_image(openstack::clients::Glance& glance, const Image& image,
                 const std::string& request_id, const std::string& scratch,
                 drivers::Writer& writer) {
  check_image_format(image);
  const ImageFormat& format = format_of(image);
  if (format.qemu_format.empty()) {
    download(glance, image, request_id, [&](std::string_view bytes) { writer.write(bytes); });
    return writer.commit();
  }
  const std::string as_it_is = scratch + ".image";
  const std::string raw = scratch + ".raw";
  const base::ScopeExit remove_both([&] {
    ::unlink(as_it_is.c_str());
    ::unlink(raw.c_str());
  });
  {
    std::ofstream file(as_it_is, std::ios::binary | std::ios::trunc);
    download(glance, image, request_id, [&](std::string_view bytes) {
      if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
        fail_on_conversion(as_it_is, std::strerror(ENOSPC));
    });
  }
  convert_to_raw(as_it_is, format.qemu_format, raw, image.virtual_size);
  copy_file(raw, writer);
  writer.commit();
}

}  // namespace cinder::volume
