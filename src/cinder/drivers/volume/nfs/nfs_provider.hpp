// Volumes as files of NFS shares.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cinder/drivers/volume/file/file_format.hpp"
#include "cinder/drivers/volume/nfs/shares.hpp"
#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

struct NfsOptions {
  std::vector<Share> shares;
  std::string mount_point_base;
};

// Each share as file_provider.hpp has a directory. What is new comes to where most is free, a
// snapshot or copy to where its source is. While one of the shares is away everything throws
// Error(unavailable): nobody could tell what is there. Throws Error(bad_request) without a share.
[[nodiscard]] std::unique_ptr<Provider> make_nfs_provider(
    NfsOptions options, const std::shared_ptr<const Mounter>& mounter,
    std::shared_ptr<const FileFormat> format);

}  // namespace cinder::drivers
