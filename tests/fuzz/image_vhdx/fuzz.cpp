// An upload that says that it is vhdx. Its tables lie behind many zeros: see spread().
#include "../image_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::check_image(fuzz::spread({reinterpret_cast<const char*>(data), size}), "vhdx");
  return 0;
}
