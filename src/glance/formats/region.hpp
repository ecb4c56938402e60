// What an inspector remembers of the bytes that pass by, and how it reads numbers from it. Memory
// is bounded by the lengths asked for, never by what the image says of itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace glance::formats {

// The size of a file of which not all bytes have been seen yet.
inline constexpr uint64_t kUnknownSize = UINT64_MAX;

// Throws base::Error(unsupported_media_type): the image is not accepted. `message` goes to the
// user.
[[noreturn]] void refuse(std::string message);

// The bytes [offset, offset + length) of a stream. A region that is asked for after its first byte
// has passed stays incomplete.
class Region {
 public:
  Region() = default;
  Region(uint64_t offset, size_t length) : offset_(offset), length_(length) {}
  // The stream's bytes from `position` on; called with every piece of it, in order.
  void take(uint64_t position, std::string_view bytes);
  [[nodiscard]] bool complete() const { return bytes_.size() == length_; }
  // As much as has been seen.
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  uint64_t offset_ = 0;
  size_t length_ = 0;
  std::string bytes_;
};

// The last `length` bytes of a stream so far.
class Tail {
 public:
  explicit Tail(size_t length) : length_(length) {}
  void take(std::string_view bytes);
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  size_t length_;
  std::string bytes_;
};

// The number in bytes [offset, offset + size) of a header; refuses the image if they are not there.
[[nodiscard]] uint64_t big_endian(std::string_view bytes, size_t offset, size_t size);
[[nodiscard]] uint64_t little_endian(std::string_view bytes, size_t offset, size_t size);

// Refuses an image that says it has bytes [offset, offset + length) but ends before.
void require_within(uint64_t offset, uint64_t length, uint64_t file_size);

}  // namespace glance::formats
