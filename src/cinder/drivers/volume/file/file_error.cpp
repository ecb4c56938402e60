#include "cinder/drivers/volume/file/file_error.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace cinder::drivers {

void fail_on_file(const char* what, const std::string& path) {
  const int error = errno;
  const std::string detail = fmt::format("{} {}: {}", what, path, std::strerror(error));
  if (error == ENOSPC || error == EDQUOT)
    throw base::Error(base::ErrorKind::too_large, "There is no room left in the storage pool.",
                      detail);
  if (error == ENOENT)
    throw base::Error(base::ErrorKind::not_found, "The volume is not in the storage pool.", detail);
  throw base::Error(base::ErrorKind::internal, "The storage pool failed.", detail);
}

}  // namespace cinder::drivers
