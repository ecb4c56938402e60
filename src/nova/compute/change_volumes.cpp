// A volume that comes to a server, leaves it, or grows, while the server is there. Each step may be
// done twice, so whoever takes over begins again.
#include "nova/compute/host.hpp"
#include "nova/compute/volumes.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

// A guest that has not booted yet, or whose kernel is busy, lets go late.
constexpr base::Duration kUnplugPatience = std::chrono::seconds{100};
constexpr int64_t kBytesPerGib = int64_t{1} << 30;

// The server with only that volume; nothing if it is in another operation, or gone.
std::optional<ServerDescription> find_with_volume(Host& host, const WorkOnVolume& message) {
  auto server = host.conductor.call(GetServer{host.name, message.server_id}).server;
  if (!server || server->task_state == "deleting") return std::nullopt;
  std::erase_if(server->volumes, [&](const ServerVolume& volume) {
    return volume.volume_id != message.volume_id || volume.operation_id != message.operation_id;
  });
  if (server->volumes.empty()) return std::nullopt;
  return server;
}

// False: it has been given up meanwhile.
bool report(Host& host, const ServerDescription& server, bool attached,
            const std::string& problem) {
  const ServerVolume& volume = server.volumes.front();
  return host.conductor
      .call(ReportVolume{host.name, server.id, volume.id, volume.operation_id, attached, problem})
      .changed;
}

void detach_from_guest(Host& host, const ServerDescription& server) {
  try {
    host.hypervisor.detach_disk(server.id, server.volumes.front().volume_id, kUnplugPatience);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;  // it has no guest
  }
}

void take_back(Host& host, const ServerDescription& server, const std::string& request_id) {
  detach_from_guest(host, server);
  release_volumes(host, server, Doomed::keep, request_id);
}

void attach(Host& host, ServerDescription server, const std::string& request_id) {
  try {
    server.volumes.front().state.clear();
    const auto disks = connect_volumes(host, server, request_id);
    host.hypervisor.attach_disk(server.id, disks.front());
    complete_volumes(host, server, request_id);
  } catch (const base::Error& error) {
    platform::log_error("volume not attached server={} volume={} error={}", server.id,
                        server.volumes.front().volume_id, error.what());
    take_back(host, server, request_id);
    static_cast<void>(report(host, server, false, error.message()));
    return;
  }
  if (!report(host, server, true, "")) take_back(host, server, request_id);
}

void detach(Host& host, const ServerDescription& server, const std::string& request_id) {
  try {
    detach_from_guest(host, server);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::timeout) throw;
    platform::log_error("volume not detached server={} volume={} error={}", server.id,
                        server.volumes.front().volume_id, error.what());
    host.cinder.roll_detaching(server.volumes.front().volume_id, request_id);
    static_cast<void>(report(host, server, true, error.message()));
    return;
  }
  release_volumes(host, server, Doomed::keep, request_id);
  static_cast<void>(report(host, server, false, ""));
}

}  // namespace

void work_on_volume(Host& host, const WorkOnVolume& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto server = find_with_volume(host, message);
  if (!server) return;
  const std::string& state = server->volumes.front().state;
  if (state == "attaching") attach(host, *server, request_id);
  if (state == "detaching") detach(host, *server, request_id);
}

void extend_volume(Host& host, const VolumeExtended& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto server = host.conductor.call(GetServer{host.name, message.server_id}).server;
  if (!server) return;
  ReportExtension report{host.name, message.server_id, message.operation_id, ""};
  try {
    const auto volume = host.cinder.get_volume(message.volume_id, request_id);
    host.hypervisor.resize_disk(server->id, message.volume_id, volume.size_gib * kBytesPerGib);
  } catch (const base::Error& error) {
    platform::log_warning("guest not told of a larger volume server={} volume={} error={}",
                          message.server_id, message.volume_id, error.what());
    report.problem = error.message();
  }
  static_cast<void>(host.conductor.call(report));
}

}  // namespace nova::compute
