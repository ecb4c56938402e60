// An upload that is QED, which no disk_format is: it must not pass for anything else.
#include "../image_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::check_image({reinterpret_cast<const char*>(data), size}, "raw");
  return 0;
}
