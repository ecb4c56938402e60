#include "base/ids.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace base {
namespace {
bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
}  // namespace

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_uuid_like(std::string_view text) {
  return is_uuid(text) || (text.size() == 32 &&
                           std::all_of(text.begin(), text.end(), [](char c) { return is_hex(c); }));
}

std::string uuid_from_bytes(std::string_view sixteen_bytes) {
  std::string bytes(sixteen_bytes.substr(0, 16));
  bytes.resize(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string text = to_hex(bytes);
  for (const size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}

}  // namespace base
