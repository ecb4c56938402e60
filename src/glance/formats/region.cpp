#include "glance/formats/region.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace glance::formats {
namespace {

std::string_view header_field(std::string_view bytes, size_t offset, size_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset)
    refuse("The image is cut off within its header: upload the whole file.");
  return bytes.substr(offset, size);
}

}  // namespace

void refuse(std::string message) {
  throw base::Error(base::ErrorKind::unsupported_media_type, std::move(message));
}

void Region::take(uint64_t position, std::string_view bytes) {
  const uint64_t wanted = offset_ + bytes_.size();
  if (complete() || wanted < position || wanted - position >= bytes.size()) return;
  bytes.remove_prefix(wanted - position);
  bytes_.append(bytes.substr(0, length_ - bytes_.size()));
}

void Tail::take(std::string_view bytes) {
  bytes.remove_prefix(bytes.size() - std::min(bytes.size(), length_));
  const size_t kept = std::min(bytes_.size(), length_ - bytes.size());
  bytes_.erase(0, bytes_.size() - kept);
  bytes_.append(bytes);
}

uint64_t big_endian(std::string_view bytes, size_t offset, size_t size) {
  uint64_t value = 0;
  for (const char c : header_field(bytes, offset, size))
    value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

uint64_t little_endian(std::string_view bytes, size_t offset, size_t size) {
  const std::string_view field = header_field(bytes, offset, size);
  uint64_t value = 0;
  for (auto c = field.rbegin(); c != field.rend(); ++c)
    value = value << 8 | static_cast<unsigned char>(*c);
  return value;
}

void require_within(uint64_t offset, uint64_t length, uint64_t file_size) {
  if (offset > file_size || length > file_size - offset)
    refuse("The image is cut off: its header names bytes after its end. Upload the whole file.");
}

}  // namespace glance::formats
