// How a file holds the bytes of a volume: as they are, or in an image of QEMU's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cinder/drivers/volume/file/whole_file.hpp"
#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

// A file of exactly the volume's bytes, as long as this lives.
class RawView {
 public:
  virtual ~RawView() = default;
  [[nodiscard]] virtual std::string path() const = 0;
};
enum class Access { read, write };

// Thread-safe for different files. A file holds all of its volume: a copy of it is a copy of that.
class FileFormat {
 public:
  virtual ~FileFormat() = default;

  // The empty file becomes a volume of zeros.
  virtual void make(const OpenFile& file, int64_t bytes) const = 0;
  // Bytes of the volume. Throws Error(bad_request) if the file is none of this format, or leads to
  // other files.
  [[nodiscard]] virtual int64_t size(const OpenFile& file) const = 0;
  // Zeros follow. Nobody uses the file.
  virtual void grow(const OpenFile& file, int64_t bytes) const = 0;

  [[nodiscard]] virtual std::unique_ptr<RawView> view(const std::string& path,
                                                      Access access) const = 0;
  [[nodiscard]] virtual std::shared_ptr<platform::http::BodySource> read(
      const std::string& volume_id, const std::string& path) const = 0;

  // As the provider's path(), close_path() and held_paths(); `path` is of the volume's file.
  [[nodiscard]] virtual std::string expose(const std::string& volume_id,
                                           const std::string& path) const = 0;
  virtual void conceal(const std::string& /*volume_id*/) const {}
  [[nodiscard]] virtual std::vector<HeldPath> exposed() const { return {}; }
};

// The file's bytes are the volume's; what was not written is a hole.
[[nodiscard]] std::unique_ptr<FileFormat> make_raw_format();
// QCOW2 without a backing file. What reads and writes the volume is a qemu-storage-daemon for each,
// whose mount points are in `exports_directory` (made, mode 0700), which is on this host. Throws
// Error(unavailable) if that can not be made.
[[nodiscard]] std::unique_ptr<FileFormat> make_qcow2_format(const std::string& exports_directory);

}  // namespace cinder::drivers
