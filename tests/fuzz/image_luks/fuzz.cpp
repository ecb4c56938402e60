// An upload that says that it is luks.
#include "../image_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::check_image({reinterpret_cast<const char*>(data), size}, "luks");
  return 0;
}
