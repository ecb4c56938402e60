#include "nova/compute/blank_disk.hpp"

#include <filesystem>
#include <vector>

#include "base/error.hpp"
#include "nova/compute/base_images.hpp"
#include "nova/drivers/durable_file.hpp"

namespace nova::compute {
namespace {

std::vector<std::string> formatter(const BlankDisk& disk, const std::string& path) {
  if (disk.format == "swap") return {"mkswap", path};
  std::vector<std::string> arguments{"mkfs." + disk.format};
  // The disk is a hole: zeros that were written at once would only take room.
  if (disk.format.starts_with("ext"))
    arguments.insert(arguments.end(), {"-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1"});
  if (disk.format == "ntfs") arguments.insert(arguments.end(), {"-Q", "-F"});
  if (disk.format == "xfs") arguments.emplace_back("-q");
  arguments.insert(arguments.end(), {disk.format == "vfat" ? "-n" : "-L", disk.label, path});
  return arguments;
}

}  // namespace

std::string default_ephemeral_format(const std::string& os_type) {
  if (os_type == "linux") return "ext4";
  return os_type == "windows" ? "ntfs" : "vfat";
}

void make_blank_disk(const std::string& path, const BlankDisk& disk) {
  const std::string unfinished = path + ".new";
  drivers::write_file(unfinished, "");
  std::error_code error;
  std::filesystem::resize_file(unfinished, static_cast<uintmax_t>(disk.size_mib) << 20, error);
  if (error)
    drivers::throw_file_error(error.value(), "The host could not prepare the disk.",
                              "resize " + unfinished);
  make_file(path, formatter(disk, unfinished));
}

}  // namespace nova::compute
