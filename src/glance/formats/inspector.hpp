// Looks at the first bytes of an untrusted image, never more than it was given, and says what they
// are. Nothing here trusts a length or an offset of the image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace glance::formats {

// As many leading bytes as inspect() ever wants.
inline constexpr size_t kHeaderSize = 4096;

struct Inspection {
  std::string format;                    // "qcow2" or "raw"
  std::optional<uint64_t> virtual_size;  // bytes; absent for raw: it is the size of the file
};

// Throws base::Error(unsupported_media_type) if the bytes are not of the declared disk format, or
// are of a kind that reaches outside itself: a qcow2 with a backing file or an external data file
// (docs/interop/qcow2.txt of QEMU; OSSA-2024-001). Formats without an inspector pass unseen.
[[nodiscard]] Inspection inspect(std::string_view declared_format, std::string_view header);

}  // namespace glance::formats
