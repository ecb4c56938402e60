// A configuration file.
#include <cstdint>
#include <cstdlib>

#include "base/error.hpp"
#include "platform/ini.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto items =
        platform::parse_ini({reinterpret_cast<const char*>(data), size}, "fuzzed.conf");
    for (const auto& item : items)
      if (item.line < 1) std::abort();
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::bad_request) std::abort();
    if (error.message().find("fuzzed.conf") == std::string::npos) std::abort();
  }
  return 0;
}
