// An image store in a pool of Ceph's block device.
#pragma once

#include <memory>

#include "glance/drivers/image_store.hpp"
#include "platform/rbd/pool.hpp"

namespace glance::drivers {

struct RbdStoreOptions {
  platform::rbd::PoolOptions pool;
  uint64_t object_bytes = uint64_t{8} << 20;  // a power of two
  bool thin = false;                          // blocks of zeros are not written
};

// rbd://FSID/POOL/NAME/snap: an RBD image named as the upload, and its protected snapshot "snap",
// which volumes can be clones of. An image that has such clones is out of the store when it has
// been removed, and its bytes go with the last of them. Images of the pool that are named as
// uploads are this cloud's.
[[nodiscard]] std::unique_ptr<ImageStore> make_rbd_store(RbdStoreOptions options);

}  // namespace glance::drivers
