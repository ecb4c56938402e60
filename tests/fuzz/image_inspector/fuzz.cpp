// Any bytes, under each declared format: raw and an archive must not be what QEMU would take for
// more than that.
#include <array>

#include "../image_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::array<std::string_view, 4> kMagics{
      "QFI\xfb", "KDMV", "# Disk DescriptorFile", {"QED\0", 4}};
  for (const char* container : {"bare", "ova"})
    for (const char* format : {"raw", "aki"})
      if (fuzz::inspect(bytes, format, container, std::max<size_t>(1, size)))
        for (const std::string_view magic : kMagics)
          if (bytes.starts_with(magic)) std::abort();
  for (const char* format :
       {"raw", "ami", "qcow2", "vhd", "vhdx", "vmdk", "vdi", "iso", "ploop", "luks", "gpt"})
    fuzz::check_image(bytes, format);
  return 0;
}
