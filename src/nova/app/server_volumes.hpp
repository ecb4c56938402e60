// Volumes of servers: attach, detach and exchange.
#pragma once

#include <string>

#include "nova/app/app.hpp"
#include "nova/store/server_volumes.hpp"
#include "openstack/context.hpp"

namespace nova::app {

// How long a host has for one before the reaper looks after it.
inline constexpr base::Duration kVolumeDeadline = std::chrono::minutes{3};

struct NewServerVolume {
  std::string volume_id;
  std::string device_name;  // empty, or taken: the next free one
  std::string tag;
  bool delete_on_termination = false;
};
// Reserves the volume and begins to attach it. Throws Error(conflict) if the server's state does
// not allow it, Error(bad_request) if the volume's does not, Error(not_found).
[[nodiscard]] store::ServerVolumeRow attach_volume(App& app, const openstack::Context& context,
                                                   const std::string& server_id,
                                                   const NewServerVolume& wanted);
// Begins to detach it. Throws Error(not_found) if it is not the server's, Error(conflict) if the
// server's state or the volume's does not allow it, Error(forbidden) for the one it boots from.
void detach_volume(App& app, const openstack::Context& context, const std::string& server_id,
                   const std::string& volume_id);

// Begins to put another volume in its place, under the guest that writes it. Throws as
// detach_volume, and Error(bad_request) if the other one is not free, or too small.
void swap_volume(App& app, const openstack::Context& context, const std::string& server_id,
                 const std::string& volume_id, const std::string& new_volume_id);

// Throws Error(bad_request) for a volume of several servers before clients knew of such (2.60).
void refuse_early_multiattach(const openstack::Context& context,
                              const openstack::clients::Volume& volume);

// Hosts that did not answer are asked again, and in the end taken at their word that they are gone.
// For whoever leads the reaper's work.
void look_after_overdue_volumes(App& app);

}  // namespace nova::app
