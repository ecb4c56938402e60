#include "nova/compute/volumes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "nova/compute/disk_limits.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::clients::VolumeConnection;

// An image of many GiB becomes a volume meanwhile; less than a build has.
constexpr base::Duration kMakingPatience = std::chrono::minutes{9};
constexpr base::Duration kFirstPause = std::chrono::milliseconds{100};
constexpr base::Duration kLongestPause = std::chrono::seconds{1};

// What was listed before this holds is this host's, or that of one which has lost the server: so it
// may end, however late. Throws Error(conflict): another host may have the server by now.
void require_here(Host& host, const std::string& server_id) {
  if (!host.conductor.call(GetServer{host.name, server_id}).server)
    throw Error(ErrorKind::conflict, "Instance " + server_id + " is not on this host any more.");
}

// The attachment of this host. One of another host, which has lost the server, is cut off.
VolumeConnection connect(Host& host, const std::string& volume_id, const std::string& server_id,
                         const std::string& request_id) {
  for (const auto& attachment : host.cinder.list_attachments(volume_id, server_id, request_id)) {
    try {
      return host.cinder.connect(attachment.id, host.connector, request_id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_request) throw;
      require_here(host, server_id);
      platform::log_warning("ending an attachment of another host volume={} attachment={}",
                            volume_id, attachment.id);
      host.cinder.delete_attachment(attachment.id, request_id);
    }
  }
  return host.cinder.connect(host.cinder.create_attachment(volume_id, server_id, request_id),
                             host.connector, request_id);
}

// The secret of that UUID, in base64; empty: there is none here.
std::string read_secret(const Host& host, const std::string& uuid) {
  if (!base::is_uuid(uuid)) return {};
  std::ifstream file(host.secrets_path + "/" + uuid + ".base64");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return std::string(base::trim(text));
}

drivers::RbdDisk rbd_disk_of(const Host& host, const openstack::clients::RbdLocation& location) {
  const std::string key = read_secret(host, location.secret_uuid);
  return {location.pool, location.image,          location.hosts, location.ports,
          location.user, host.ceph_configuration, !key.empty(),   key};
}

drivers::GuestDisk disk_of(const Host& host, const std::string& volume_id,
                           const VolumeConnection& connection) {
  if (connection.driver != "iscsi" && connection.driver != "rbd")
    throw Error(ErrorKind::not_implemented,
                fmt::format("This host can not reach volumes by '{}'.", connection.driver));
  drivers::GuestDisk disk;
  disk.format = "raw";
  disk.read_only = connection.read_only;
  disk.serial = volume_id;
  disk.limits = disk_limits_of(connection.qos_specs);
  if (connection.driver == "rbd")
    disk.rbd = rbd_disk_of(host, connection.rbd);
  else
    disk.iscsi = {connection.portal, connection.target,   host.connector.initiator,
                  connection.lun,    connection.username, connection.password};
  return disk;
}

// Whichever of two volumes that are being swapped the guest writes.
bool has_swapped(Host& host, const std::string& server_id, const ServerVolume& volume) {
  if (volume.state != "swapping") return false;
  try {
    const auto serials = host.hypervisor.list_serials(server_id);
    return std::find(serials.begin(), serials.end(), volume.new_volume_id) != serials.end();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return false;
  }
}

void complete(Host& host, const std::string& volume_id, const std::string& server_id,
              const std::string& request_id) {
  for (const auto& attachment : host.cinder.list_attachments(volume_id, server_id, request_id))
    if (attachment.status == "attaching") host.cinder.complete(attachment.id, request_id);
}

void wait_for_volume(Host& host, const std::string& volume_id, const std::string& request_id) {
  const base::SteadyTime deadline = host.runtime.clock.steady() + kMakingPatience;
  base::Duration pause = kFirstPause;
  for (;;) {
    const auto volume = host.cinder.get_volume(volume_id, request_id);
    if (volume.status == "error")
      throw Error(ErrorKind::bad_request,
                  "Volume " + volume_id + " could not be made: its status is error.");
    if (volume.status != "creating" && volume.status != "downloading") return;
    if (host.runtime.clock.steady() > deadline)
      throw Error(ErrorKind::bad_request, "Volume " + volume_id + " was not made in time.");
    host.runtime.executor.sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

}  // namespace

std::vector<drivers::GuestDisk> connect_volumes(Host& host, const ServerDescription& server,
                                                const std::string& request_id) {
  std::vector<drivers::GuestDisk> disks;
  for (const ServerVolume& volume : server.volumes) {
    if (volume.state == "attaching") continue;
    const std::string& id =
        has_swapped(host, server.id, volume) ? volume.new_volume_id : volume.volume_id;
    auto disk = disk_of(host, id, connect(host, id, server.id, request_id));
    disks.insert(volume.boot_index == 0 ? disks.begin() : disks.end(), std::move(disk));
  }
  return disks;
}

void wait_for_volumes(Host& host, const ServerDescription& server, const std::string& request_id) {
  for (const ServerVolume& volume : server.volumes)
    wait_for_volume(host, volume.volume_id, request_id);
}

void complete_volumes(Host& host, const ServerDescription& server, const std::string& request_id) {
  for (const ServerVolume& volume : server.volumes)
    if (volume.state.empty()) complete(host, volume.volume_id, server.id, request_id);
}

void release_volume(Host& host, const std::string& volume_id, const std::string& server_id,
                    const std::string& request_id) {
  host.cinder.release(volume_id, server_id, request_id, [&] {
    require_here(host, server_id);
    return true;
  });
}

void release_volumes(Host& host, const ServerDescription& server, Doomed doomed,
                     const std::string& request_id) {
  for (const ServerVolume& volume : server.volumes) {
    release_volume(host, volume.volume_id, server.id, request_id);
    if (!volume.new_volume_id.empty())
      release_volume(host, volume.new_volume_id, server.id, request_id);
    if (doomed == Doomed::remove && volume.delete_on_termination)
      host.cinder.discard_volume(volume.volume_id, request_id);
  }
}

}  // namespace nova::compute
