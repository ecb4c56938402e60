// What a new server boots from, and which volumes it has from the start.
// https://docs.openstack.org/nova/latest/user/block-device-mapping.html
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nova/app/app.hpp"
#include "nova/store/flavors.hpp"
#include "nova/store/server_volumes.hpp"
#include "openstack/context.hpp"

namespace nova::app {

// One of block_device_mapping_v2, as it was asked for.
struct BlockDeviceWish {
  std::string source;       // "image", "volume", "snapshot", "blank"
  std::string destination;  // "local", "volume"
  std::string id;           // of the source
  int64_t size = 0;         // in GiB, of swap in MiB; 0: the source's or the flavor's
  std::optional<int64_t> boot_index;
  bool delete_on_termination = false;
  std::string volume_type;
  std::string tag;
  std::string guest_format;  // of a blank local disk: "swap" or a file system
};

// What the wishes come to, checked with Glance and Cinder.
struct BlockDevicePlan {
  // That the server boots from a local disk of, or that its root volume is made of; empty `id`: it
  // is a volume that was there.
  openstack::clients::Image image;
  bool boots_from_volume = false;
  std::vector<BlockDeviceWish> volumes;  // the root first if it is one
  std::vector<LocalDisk> local_disks;
};
// `image_id`: the request's own; empty: none. Throws Error(bad_request) for what can not be.
[[nodiscard]] BlockDevicePlan plan_block_devices(App& app, const openstack::Context& context,
                                                 const std::string& image_id,
                                                 const std::vector<BlockDeviceWish>& wishes,
                                                 const store::FlavorRow& flavor);

// Reserves for the server what is there and begins to make what is not; undone unless keep() is
// called for the server. A process that dies in between, or does not learn whether the server is
// there, leaves volumes that their user can see and delete.
class NewVolumes {
 public:
  NewVolumes(App& app, const openstack::Context& context) : app_(app), context_(context) {}
  ~NewVolumes();
  NewVolumes(const NewVolumes&) = delete;
  NewVolumes& operator=(const NewVolumes&) = delete;

  // Throws Error(bad_request | forbidden | too_large) as Cinder says.
  [[nodiscard]] std::vector<store::ServerVolumeRow> make(const BlockDevicePlan& plan,
                                                         const std::string& server_id);
  void keep(const std::string& server_id);

 private:
  struct Taken {
    std::string volume_id;
    std::string server_id;
    bool made = false;
  };
  [[nodiscard]] std::string take(const BlockDeviceWish& wish, const std::string& server_id);
  void undo(const Taken& taken) const;

  App& app_;
  const openstack::Context& context_;
  std::vector<Taken> taken_;
};

}  // namespace nova::app
