// Disk images of QEMU's as files of the bytes that they hold: a qemu-storage-daemon for each, which
// has them in the file system by FUSE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

// Thread-safe for different names. An export outlives the object, and its process: DIRECTORY/NAME.N
// is the file, N another number each time, and NAME.N.pid its daemon's. A name has no dots.
class DiskExports {
 public:
  // Makes the directory (mode 0700). Throws base::Error(unavailable) if that is not possible.
  explicit DiskExports(std::string directory);

  // The file of what the QCOW2 image holds, of the daemon that runs already or of a new one; its
  // name is another one if that before has died. Throws Error(unavailable) that says what is
  // missing, Error(internal) with what the daemon said.
  [[nodiscard]] std::string ensure(const std::string& name, const std::string& image,
                                   bool writable) const;
  // The file of a daemon that runs; empty: there is none.
  [[nodiscard]] std::string find(const std::string& name) const;
  // Nothing of it is left; all that was written is in the image.
  void end(const std::string& name) const;
  // The same for all whose names begin so.
  void end_all(std::string_view prefix) const;

  struct Listed {
    std::string name;
    bool runs = false;
  };
  [[nodiscard]] std::vector<Listed> list() const;

 private:
  struct Numbered;
  [[nodiscard]] std::vector<Numbered> select(std::string_view name) const;
  void clear(const Numbered& one) const;

  std::string directory_;
};

}  // namespace cinder::drivers
