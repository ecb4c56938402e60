// Volumes as files of a directory.
#pragma once

#include <memory>
#include <string>

#include "cinder/drivers/volume/file/file_format.hpp"
#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

// The name of the file that holds the item.
[[nodiscard]] std::string file_name_of(const Item& item);

// `ours`: made, mode 0700; `as_it_is`: somebody else's, not looked at before it is used.
enum class DirectoryMode { ours, as_it_is };

// DIRECTORY/volume-UUID and DIRECTORY/snapshot-UUID; what is being made has ".part" behind its name
// until it is whole and on the disk. Throws base::Error(unavailable) if the directory can not be
// made. One process at a time may use a directory.
[[nodiscard]] std::unique_ptr<Provider> make_file_provider(
    const std::string& directory, std::shared_ptr<const FileFormat> format = make_raw_format(),
    DirectoryMode mode = DirectoryMode::ours);

}  // namespace cinder::drivers
