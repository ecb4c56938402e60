// What lies on the disk of one guest of QEMU: all that a later process needs to find it again.
#pragma once

#include <string>

#include "nova/drivers/hypervisor/driver.hpp"

namespace nova::drivers {

struct GuestFiles {
  std::string directory;
  [[nodiscard]] std::string definition() const { return directory + "/definition.json"; }
  [[nodiscard]] std::string pid() const { return directory + "/qemu.pid"; }
  [[nodiscard]] std::string qmp() const { return directory + "/qmp.sock"; }
  [[nodiscard]] std::string console() const { return directory + "/console.log"; }
  // What signs in at the volume of that serial; only its owner can read it.
  [[nodiscard]] std::string secret(const std::string& serial) const {
    return directory + "/secret." + serial;
  }
  [[nodiscard]] std::string log() const { return directory + "/qemu.log"; }
};

// A guest is known while its definition is there.
[[nodiscard]] bool is_defined(const GuestFiles& files);
// Makes the guest known, and lays the secrets of its disks where QEMU reads them: passwords are in
// no definition. Throws base::Error, then nothing has changed.
void save_definition(const GuestFiles& files, const GuestDefinition& guest);
// Lays the secret of the disk, if it has one.
void write_secret_of(const GuestFiles& files, const GuestDisk& disk);
// Without passwords. Throws Error(not_found) for a guest that is not known, (internal) if the file
// is damaged.
[[nodiscard]] GuestDefinition load_definition(const GuestFiles& files);
// Nothing is left, and neither is the directory unless others keep something in it.
void remove_files(const GuestFiles& files);

// The whole file, or from `offset` on; empty if it is not there.
[[nodiscard]] std::string read_from(const std::string& path, size_t offset = 0);

}  // namespace nova::drivers
