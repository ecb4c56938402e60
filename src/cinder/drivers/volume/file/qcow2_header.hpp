// What the beginning of a QCOW2 file says of the disk in it.
#pragma once

#include <cstdint>
#include <string_view>

namespace cinder::drivers {

// Bytes of the header that are looked at.
inline constexpr size_t kQcow2Header = 104;

// The size of the disk in bytes. `header`: the file's first bytes. Throws base::Error(bad_request)
// if they are of no QCOW2 file, or of one that is not whole by itself (a backing file, a data file)
// or is encrypted. https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
[[nodiscard]] int64_t parse_qcow2_size(std::string_view header);

}  // namespace cinder::drivers
