// The disks of guests: copy-on-write overlays over cached base images.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nova/drivers/hypervisor/driver.hpp"
#include "nova/messages.hpp"
#include "openstack/clients/glance.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

struct Media {
  std::vector<drivers::GuestDisk> disks;  // the root first if it is here, then the blank ones
  std::optional<drivers::GuestDisk> config_drive;
  std::optional<drivers::GuestKernel> kernel;
};

// A copy that is to be made of a server's root disk.
struct RootCopy {
  drivers::GuestDisk disk;
  std::string to;  // a qcow2 file without backing file
};

// Thread-safe. Every call may be repeated; all throw base::Error.
class Disks {
 public:
  virtual ~Disks() = default;
  // The server's root disk or CD-ROM unless it boots from a volume, its kernel if the image names
  // one, its blank disks, and its config drive if it has one, exist.
  virtual void ensure(const ServerDescription& server, const std::string& request_id) = 0;
  // Nothing of the server is left.
  virtual void remove(const std::string& server_id) = 0;
  // What ensure() has made.
  [[nodiscard]] virtual Media media_of(const std::string& server_id) const = 0;
  // Where the copy goes; what a former one has left is gone. Throws Error(too_large) if there is no
  // room for it, Error(conflict) if the server has no root disk here.
  [[nodiscard]] virtual RootCopy prepare_copy(const std::string& server_id) = 0;
  // The copy, once it has been made; it may be removed while it is read.
  [[nodiscard]] virtual std::shared_ptr<platform::http::BodySource> read_copy(
      const std::string& server_id) = 0;
  [[nodiscard]] virtual bool has_copy(const std::string& server_id) = 0;
  virtual void remove_copy(const std::string& server_id) = 0;
  // Servers that have anything here.
  [[nodiscard]] virtual std::vector<std::string> list_servers() = 0;
  [[nodiscard]] virtual int64_t total_gib() = 0;
  [[nodiscard]] virtual int64_t free_gib() = 0;
};

// DIRECTORY/_base (base_images.hpp), and in DIRECTORY/<server id> an overlay `disk` or an ISO image
// `cdrom`; `disk.eph0` and so on, `disk.swap`; `disk.config`; of an image with a property kernel_id
// `kernel`, `kernel.arguments` and `ramdisk`; and while an image is made of the server `copy`.
// `ephemeral_format`: of blank disks for which the server names none; empty: what suits its image.
[[nodiscard]] std::unique_ptr<Disks> make_file_disks(const std::string& directory,
                                                     openstack::clients::Glance& glance,
                                                     platform::Runtime runtime,
                                                     std::string ephemeral_format = {});
// What a process that died had begun to fetch or convert into DIRECTORY/_base goes. Before disks
// are made there, by whoever alone makes them.
void remove_unfinished_images(const std::string& directory);

}  // namespace nova::compute
