// How large a disk in a file of this host is.
#pragma once

#include <cstdint>
#include <string>

namespace nova::drivers {

struct DiskExtent {
  uint64_t virtual_size = 0;  // bytes of the disk
  uint64_t allocated = 0;     // bytes that it and the file that it lies over take
};

// `format`: "raw", or "qcow2" for a file that this host has made itself: what the header says of a
// backing file is believed. Throws base::Error if it can not be read.
[[nodiscard]] DiskExtent measure_disk(const std::string& path, const std::string& format);

}  // namespace nova::drivers
