#include "cinder/drivers/volume/file/qcow2_header.hpp"

#include <limits>
#include <string>

#include "base/error.hpp"

namespace cinder::drivers {
namespace {

constexpr uint64_t kMagic = 0x514649fb;  // "QFI\xfb"
constexpr size_t kVersion = 4;
constexpr size_t kBackingFile = 8;
constexpr size_t kSize = 24;
constexpr size_t kEncryption = 32;
constexpr size_t kIncompatibleFeatures = 72;  // from version 3 on
constexpr size_t kVersion2Header = 72;
// Dirty refcounts QEMU mends by itself, compression is still in the file; all else is not whole.
constexpr uint64_t kHarmlessFeatures = 0b01001;

[[noreturn]] void refuse(const char* why) {
  throw base::Error(base::ErrorKind::bad_request,
                    std::string("The file can not be a volume: it is ") + why + ".");
}

uint64_t big_endian(std::string_view text, size_t at, size_t bytes) {
  uint64_t value = 0;
  for (const char byte : text.substr(at, bytes)) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

}  // namespace

int64_t parse_qcow2_size(std::string_view header) {
  if (header.size() < kVersion2Header || big_endian(header, 0, 4) != kMagic)
    refuse("no QCOW2 file");
  const uint64_t version = big_endian(header, kVersion, 4);
  if (version != 2 && version != 3) refuse("QCOW2 of an unknown version");
  if (big_endian(header, kBackingFile, 8) != 0) refuse("not whole without its backing file");
  if (big_endian(header, kEncryption, 4) != 0) refuse("encrypted");
  if (version == 3 && header.size() < kQcow2Header) refuse("no QCOW2 file");
  if (version == 3 && (big_endian(header, kIncompatibleFeatures, 8) & ~kHarmlessFeatures) != 0)
    refuse("damaged, or not whole without other files");
  const uint64_t size = big_endian(header, kSize, 8);
  if (size > static_cast<uint64_t>(std::numeric_limits<int64_t>::max() / 2)) refuse("too large");
  return static_cast<int64_t>(size);
}

}  // namespace cinder::drivers
