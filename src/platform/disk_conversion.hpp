// Disk images from one format to another, by qemu-img.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace platform {

// Formats are QEMU's names ("raw", "qcow2", "vpc"); none is ever guessed. Who asks has looked into
// the image before: a converter follows whatever it says of other files.
struct DiskConversion {
  std::string from;
  std::string from_format;
  std::string to;  // is made or overwritten
  std::string to_format;
  uint64_t virtual_size = 0;  // bytes of the disk: bounds what is written
  base::Duration timeout = std::chrono::hours{1};
};

// Bounded in memory, time and what it writes, since the bytes are a tenant's; the program dies with
// this process. `to` is durable when it returns. Throws Error(too_large) if there is no room,
// Error(bad_request) if it can not be converted, Error(timeout); `to` is gone then.
void convert_disk(const DiskConversion& conversion);

}  // namespace platform
