#include "nova/compute/console_text.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace nova::compute {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kLongest = 4;

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

bool is_dropped(char byte) {
  return is_ascii(byte) && static_cast<unsigned char>(byte) < 0x20 && byte != '\t' && byte != '\n';
}

// Bytes of the one character that `text` begins with; 0 if it begins with none.
size_t size_of_character(std::string_view text) {
  for (size_t size = 1; size <= std::min(kLongest, text.size()); ++size)
    if (base::utf8_length(text.substr(0, size)) == 1U) return size;
  return 0;
}

}  // namespace

std::string console_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t size = is_ascii(bytes.front()) ? 1 : size_of_character(bytes);
    if (size == 0)
      text += kReplacement;
    else if (!is_dropped(bytes.front()))
      text += bytes.substr(0, size);
    bytes.remove_prefix(std::max<size_t>(size, 1));
  }
  return text;
}

}  // namespace nova::compute
