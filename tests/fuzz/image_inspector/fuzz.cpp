// The first bytes of an image, under each declared format.
#include <cstdint>
#include <cstdlib>

#include "base/error.hpp"
#include "glance/formats/inspector.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  for (const char* format : {"qcow2", "raw", "vmdk", "iso"}) {
    try {
      const auto found = glance::formats::inspect(format, header);
      // Whatever is declared raw must not be something that QEMU would take for more than that.
      if (found.format == "raw" && header.starts_with("QFI\xfb")) std::abort();
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::unsupported_media_type) std::abort();
    }
  }
  return 0;
}
