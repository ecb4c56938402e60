// Volumes as images of a pool of Ceph's block device.
#pragma once

#include <memory>
#include <string>

#include "cinder/drivers/volume/provider.hpp"
#include "platform/rbd/pool.hpp"

namespace cinder::drivers {

struct RbdOptions {
  platform::rbd::PoolOptions pool;
  std::string owner;                          // "host@section": whose volumes the pool has
  uint64_t object_bytes = uint64_t{4} << 20;  // a power of two
  int64_t max_clone_depth = 5;                // clones of clones; 0: every copy has its own bytes
  bool flatten_from_snapshot = false;         // volumes of snapshots have their own bytes
  std::string secret_uuid;                    // by which hosts know the user's key; may be empty
};

// Volumes are images "volume-ID", copies clones of them, for which snapshots "volume-ID.clone_snap"
// are made of what they copy. A snapshot is the RBD snapshot "snapshot-ID" of the volume's image
// and an image of that name, a clone of it that nobody writes to: by it the snapshot is found, and
// stays when the volume has gone. What others need of what was removed goes with them
// (platform/rbd/families.hpp). A volume of a raw image that Glance has in the same cluster is a
// clone of it. What is being made is named ID.part, what was let go ID.unmanaged; any other image
// of the pool can become a volume.
//
// As what has no owner in the database is removed, a pool must be of one back end alone: an empty
// image "nephele-owner.OWNER" marks it. In a pool that another one has marked, or that has volumes
// and no mark (of an OpenStack, say), stats() and list() throw base::Error(unavailable).
[[nodiscard]] std::unique_ptr<Provider> make_rbd_provider(RbdOptions options);

}  // namespace cinder::drivers
