#include "cinder/volume/image_disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "platform/crypto.hpp"
#include "platform/disk_conversion.hpp"

namespace cinder::volume {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::Image;

constexpr size_t kChunk = 1 << 20;

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

const ImageFormat* find_format(std::string_view disk_format) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const ImageFormat& known) {
    return known.disk_format == disk_format;
  });
  return found == kFormats.end() ? nullptr : &*found;
}

const ImageFormat& format_of(const Image& image) {
  const ImageFormat* found = find_format(image.disk_format);
  if (!found)
    throw Error(ErrorKind::bad_request,
                fmt::format("Image {} is unacceptable: volumes are not made of disk format {}.",
                            image.id, image.disk_format));
  return *found;
}

// Calls `take` with the image's bytes as they come; throws unless they are what Glance has, if it
// knows the digest already.
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
  if (!image.os_hash_value.empty() && digest.finish_hex() != image.os_hash_value)
    throw Error(ErrorKind::internal, "The image arrived damaged.", "sha512 differs: " + image.id);
}

[[noreturn]] void fail_on_scratch(const std::string& path, int error) {
  const bool full = error == ENOSPC;
  throw Error(full ? ErrorKind::too_large : ErrorKind::internal,
              full ? "There is no room to convert the image." : "The image could not be converted.",
              path + ": " + std::strerror(error));
}

void copy_file(const std::string& path, drivers::Writer& writer) {
  std::ifstream file(path, std::ios::binary);
  std::string chunk(kChunk, '\0');
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    writer.write(std::string_view(chunk.data(), static_cast<size_t>(file.gcount())));
  }
  if (!file.eof()) fail_on_scratch(path, EIO);
}

// A sparse file: blocks of zeros are holes.
void write_sparse(platform::http::BodyReader& from, const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  std::string chunk(kChunk, '\0');
  int64_t size = 0;
  while (const size_t count = from.read(chunk.data(), chunk.size())) {
    const bool zeros =
        chunk.front() == 0 && std::memcmp(chunk.data(), chunk.data() + 1, count - 1) == 0;
    if (!zeros && !file.seekp(size).write(chunk.data(), static_cast<std::streamsize>(count)))
      fail_on_scratch(path, ENOSPC);
    size += static_cast<int64_t>(count);
  }
  file.close();
  std::filesystem::resize_file(path, static_cast<uintmax_t>(size));
}

std::shared_ptr<platform::http::BodySource> open_source(const std::string& path) {
  auto source = std::make_shared<platform::http::BodySource>();
  source->file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (source->file < 0) fail_on_scratch(path, errno);
  source->length = std::filesystem::file_size(path);
  return source;
}

}  // namespace

std::shared_ptr<platform::http::BodySource> read_as_image(
    std::shared_ptr<platform::http::BodySource> volume, std::string_view disk_format,
    const std::string& scratch) {
  const ImageFormat* format = find_format(disk_format);
  if (!format)
    throw Error(ErrorKind::bad_request,
                fmt::format("Volumes are not made images of disk format {}.", disk_format));
  if (format->qemu_format.empty()) return volume;
  const std::string raw = scratch + ".raw";
  const std::string converted = scratch + ".image";
  const base::ScopeExit remove_both([&] {
    ::unlink(raw.c_str());
    ::unlink(converted.c_str());
  });
  const uint64_t size = volume->length.value_or(0);
  platform::http::Response holder;
  holder.stream = std::move(volume);
  write_sparse(*platform::http::take_body(holder), raw);
  platform::convert_disk({raw, "raw", converted, std::string(format->qemu_format), size});
  return open_source(converted);
}

void check_image_format(const Image& image) {
  const bool converts = !format_of(image).qemu_format.empty();
  // A converter would follow whatever an image that nobody has looked into says of other files.
  if (converts && image.virtual_size <= 0)
    throw Error(ErrorKind::bad_request,
                fmt::format("Image {} is unacceptable: its virtual size is not known. Upload it "
                            "again.",
                            image.id));
}

bool is_raw(const Image& image) { return format_of(image).qemu_format.empty(); }

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
        fail_on_scratch(as_it_is, ENOSPC);
    });
  }
  platform::convert_disk({as_it_is, std::string(format.qemu_format), raw, "raw",
                          static_cast<uint64_t>(image.virtual_size)});
  copy_file(raw, writer);
  writer.commit();
}

}  // namespace cinder::volume
