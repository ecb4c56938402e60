#include "glance/formats/inspector.hpp"

#include <fmt/core.h>

#include "base/error.hpp"

namespace glance::formats {
namespace {

constexpr std::string_view kQcowMagic = "QFI\xfb";
constexpr size_t kVersion2Header = 72;
constexpr size_t kVersion3Header = 104;
constexpr uint64_t kExternalDataFile = 1U << 2;  // incompatible feature bit
constexpr uint64_t kKnownFeatures = 0x1F;

[[noreturn]] void refuse(std::string message) {
  throw base::Error(base::ErrorKind::unsupported_media_type, std::move(message));
}

// Big endian; the caller has checked that the bytes are there.
uint64_t number_at(std::string_view bytes, size_t offset, size_t size) {
  uint64_t value = 0;
  for (const char c : bytes.substr(offset, size))
    value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

Inspection inspect_qcow2(std::string_view header) {
  if (!header.starts_with(kQcowMagic) || header.size() < kVersion2Header)
    refuse("Image content does not match its disk_format qcow2: it has no qcow2 header.");
  const uint64_t version = number_at(header, 4, 4);
  if (version != 2 && version != 3)
    refuse(fmt::format("qcow2 version {} is not supported, only 2 and 3.", version));
  if (number_at(header, 8, 8) != 0 || number_at(header, 16, 4) != 0)
    refuse("A qcow2 image with a backing file is not accepted: flatten it with qemu-img convert.");
  if (version == 3) {
    if (header.size() < kVersion3Header) refuse("The qcow2 header is cut off.");
    const uint64_t features = number_at(header, 72, 8);
    if (features & kExternalDataFile)
      refuse("A qcow2 image with an external data file is not accepted: convert it with qemu-img.");
    if (features & ~kKnownFeatures) refuse("The qcow2 image uses features that are not known.");
  }
  return {"qcow2", number_at(header, 24, 8)};
}

}  // namespace

Inspection inspect(std::string_view declared_format, std::string_view header) {
  if (declared_format == "qcow2") return inspect_qcow2(header);
  if (declared_format == "raw" && header.starts_with(kQcowMagic))
    refuse("Image content does not match its disk_format raw: it is a qcow2 image.");
  return {std::string(declared_format), std::nullopt};
}

}  // namespace glance::formats
