#include "nova/drivers/hypervisor/qemu/guest_files.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/described.hpp"
#include "base/error.hpp"
#include "nova/drivers/durable_file.hpp"

namespace nova::drivers {

BOOST_DESCRIBE_STRUCT(IscsiDisk, (), (portal, target, initiator, lun, username))
BOOST_DESCRIBE_STRUCT(RbdDisk, (), (pool, image, hosts, ports, user, configuration, has_key))
BOOST_DESCRIBE_STRUCT(GuestDisk, (),
                      (path, format, read_only, is_cdrom, serial, iscsi, rbd, plugged_as, limits))
BOOST_DESCRIBE_STRUCT(GuestKernel, (), (path, ramdisk, arguments))
BOOST_DESCRIBE_STRUCT(GuestInterface, (), (tap, mac_address))
BOOST_DESCRIBE_STRUCT(GuestDefinition, (), (id, name, vcpus, memory_mib, disks, kernel, interfaces))

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;

bool is_defined(const GuestFiles& files) {
  std::error_code error;
  return fs::exists(files.definition(), error);
}

void save_definition(const GuestFiles& files, const GuestDefinition& guest) {
  std::error_code error;
  fs::create_directories(files.directory, error);
  if (error)
    throw_file_error(error.value(), "The host could not make a directory for the guest.",
                     files.directory);
  for (const GuestDisk& disk : guest.disks) write_secret_of(files, disk);
  write_durably(files.definition(), base::to_text(base::to_json(guest)));
}

void write_secret_of(const GuestFiles& files, const GuestDisk& disk) {
  if (disk.iscsi && !disk.iscsi->password.empty())
    write_secret(files.secret(disk.serial), disk.iscsi->password);
  if (disk.rbd && !disk.rbd->key.empty()) write_secret(files.secret(disk.serial), disk.rbd->key);
}

GuestDefinition load_definition(const GuestFiles& files) {
  if (!is_defined(files))
    throw Error(ErrorKind::not_found, "The guest is not on this host.", files.directory);
  try {
    return base::from_json<GuestDefinition>(base::parse_json(read_from(files.definition())));
  } catch (const Error& error) {
    throw Error(ErrorKind::internal,
                "What the host knows of the guest is damaged: reboot the server hard.",
                files.definition() + ": " + error.what());
  }
}

void remove_files(const GuestFiles& files) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(files.directory, ignored))
    if (entry.path().filename().string().starts_with("secret.")) ::unlink(entry.path().c_str());
  // The definition goes last: until then the guest is known, and is removed by the next attempt.
  for (const std::string& path : {files.qmp(), files.pid(), files.console(), files.log(),
                                  files.definition() + ".new", files.definition()})
    ::unlink(path.c_str());
  ::rmdir(files.directory.c_str());
}

std::string read_from(const std::string& path, size_t offset) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace nova::drivers
