// Files in which zeroes take no room.
#pragma once

#include <cstdint>
#include <string_view>

namespace platform {

inline constexpr size_t kSparseBlock = 65536;  // bytes

// Of no bytes: false.
[[nodiscard]] bool is_all_zero(std::string_view bytes);

// Writes the bytes at `offset` of a file that reads as zeroes there; blocks of zeroes are
// passed over, so that the file is to be given its size at the end. False, and errno
// says why, if that fails.
[[nodiscard]] bool write_sparse(int file, std::string_view bytes, uint64_t offset);

}  // namespace platform
