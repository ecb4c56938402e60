// An upload that says that it is iso. Its tables lie behind many zeros: see spread().
#include "../image_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::check_image(fuzz::spread({reinterpret_cast<const char*>(data), size}), "iso");
  return 0;
}
