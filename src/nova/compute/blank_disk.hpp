// Disks of a host that begin with nothing but a file system or a signature of swap.
#pragma once

#include <cstdint>
#include <string>

namespace nova::compute {

struct BlankDisk {
  std::string format;  // "swap", "ext4", ...
  std::string label;   // of the file system
  int64_t size_mib = 0;
};

// The file system of an ephemeral disk for which nobody has chosen one, as Nova takes it.
[[nodiscard]] std::string default_ephemeral_format(const std::string& os_type);

// Makes the raw disk `path`, as sparse as the file system lets it be: whole or not at all. Throws
// Error(unavailable) if the program that formats it is not installed.
void make_blank_disk(const std::string& path, const BlankDisk& disk);

}  // namespace nova::compute
