// Copies of files that take no more room than what was written in them.
#pragma once

namespace cinder::drivers {

// Makes `target`, an empty file, what `source` is. Shares the blocks where the file system can
// (reflink), else copies what is not a hole. Throws base::Error(too_large) if there is no room.
void copy_sparse(int source, int target);

}  // namespace cinder::drivers
