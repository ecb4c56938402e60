// What an operator wrote as filter_function or goodness_function.
#include <cstdint>

#include "base/error.hpp"
#include "cinder/scheduler/expression.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    static_cast<void>(cinder::scheduler::is_true(cinder::scheduler::evaluate(
        text, [](std::string_view group, std::string_view name) -> std::optional<std::string> {
          if (group == "volume") return "8";
          if (group == "extra") return std::string(name);
          return std::nullopt;
        })));
  } catch (const base::Error&) {  // the pool is filtered out, or counts nothing
  }
  return 0;
}
