// Volumes as files of a directory.
#pragma once

#include <memory>
#include <string>

#include "cinder/drivers/volume/file/file_format.hpp"
#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

// DIRECTORY/volume-UUID and DIRECTORY/snapshot-UUID; what is being made has ".part" behind its name
// until it is whole and on the disk. Makes the directory (mode 0700). Throws
// base::Error(unavailable) if that is not possible. One process at a time may use a directory.
[[nodiscard]] std::unique_ptr<Provider> make_file_provider(
    const std::string& directory, std::unique_ptr<FileFormat> format = make_raw_format());

}  // namespace cinder::drivers
