// Images of Ceph's block device in one pool. https://docs.ceph.com/en/pacific/rbd/
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "platform/rbd/image.hpp"

namespace platform::rbd {

struct PoolOptions {
  std::string configuration = {};  // path of ceph.conf; empty: where Ceph's programs look
  std::string cluster = "ceph";
  std::string user = "admin";  // "glance" for client.glance
  std::string pool = "rbd";
  base::Duration patience = std::chrono::seconds{60};  // that a call waits for an answer
};

// Where a client finds the cluster.
struct Monitor {
  std::string host;
  std::string port;
};

struct PoolUsage {
  int64_t used_bytes = 0;  // without replicas
  int64_t free_bytes = 0;  // that can still be written
};

// Thread-safe. Connects at the first call, and again after a connection could not be made. All
// throw base::Error: not_found; conflict for what is in use or there already; too_large if the pool
// is full; unavailable, which says what to do, if the cluster does not answer in time, does not let
// the client in, or its libraries are missing.
class Pool {
 public:
  explicit Pool(PoolOptions options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  [[nodiscard]] const PoolOptions& options() const { return options_; }

  // The UUID of the cluster.
  [[nodiscard]] std::string fsid();
  [[nodiscard]] std::vector<Monitor> monitors();
  [[nodiscard]] PoolUsage usage();

  // All images, by name.
  [[nodiscard]] std::vector<std::string> list();
  [[nodiscard]] bool has(const std::string& name);
  // `snapshot`: reads that one instead of what the image is now.
  [[nodiscard]] Image open(const std::string& name, Access access,
                           const std::string& snapshot = {});
  // Zeros, in objects of that size, a power of two.
  void create(const std::string& name, uint64_t bytes, uint64_t object_bytes);
  // An image that begins as the protected snapshot, of which it is a part until it is flattened.
  void clone(const Parent& parent, const std::string& name);
  void rename(const std::string& from, const std::string& to);
  // Throws Error(conflict) if somebody has it open, or it has snapshots.
  void remove(const std::string& name);

  // That client (Image::other_writers()) can read and write nothing more in the cluster, whatever
  // it still has on its way.
  void shut_out(const std::string& client);

 private:
  std::shared_ptr<Connection> connection();

  const PoolOptions options_;
  std::mutex mutex_;
  std::shared_ptr<Connection> connection_;
};

// "192.0.2.1" of the client "192.0.2.1:0/1234567".
[[nodiscard]] std::string host_of(const std::string& client);

}  // namespace platform::rbd
