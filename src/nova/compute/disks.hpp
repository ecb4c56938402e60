// The disks of guests: copy-on-write overlays over cached base images.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "nova/messages.hpp"
#include "openstack/clients/glance.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

// Thread-safe. Every call may be repeated; all throw base::Error.
class Disks {
 public:
  virtual ~Disks() = default;
  // The server's root disk, and its config drive if it has one, exist.
  virtual void ensure(const ServerDescription& server, const std::string& request_id) = 0;
  // Nothing of the server is left.
  virtual void remove(const std::string& server_id) = 0;
  [[nodiscard]] virtual std::string root_path(const std::string& server_id) const = 0;
  // Empty if there is none.
  [[nodiscard]] virtual std::string config_drive_path(const std::string& server_id) const = 0;
  // Servers that have anything here.
  [[nodiscard]] virtual std::vector<std::string> list_servers() = 0;
  [[nodiscard]] virtual int64_t total_gib() = 0;
  [[nodiscard]] virtual int64_t free_gib() = 0;
};

// DIRECTORY/_base/<image id> (downloaded once; <image id>.qcow2 if it had to be converted),
// DIRECTORY/<server id>/disk and disk.config.
[[nodiscard]] std::unique_ptr<Disks> make_file_disks(const std::string& directory,
                                                     openstack::clients::Glance& glance,
                                                     platform::Runtime runtime);
// What a process that died had begun to fetch or convert into DIRECTORY/_base goes. Before disks
// are made there, by whoever alone makes them.
void remove_unfinished_images(const std::string& directory);

}  // namespace nova::compute
