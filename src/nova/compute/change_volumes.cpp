// A volume that comes to a server, leaves it, or grows, while the server is there. Each step may be
// done twice, so whoever takes over begins again.
#include <fmt/format.h>

#include <algorithm>

#include "nova/compute/host.hpp"
#include "nova/compute/volumes.hpp"
#include "platform/log.hpp"

namespace nova::compute {
namespace {

// A guest that has not booted yet, or whose kernel is busy, lets go late.
constexpr base::Duration kUnplugPatience = std::chrono::seconds{100};
constexpr base::Duration kSignOfLifeInterval = std::chrono::seconds{10};
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

ReportVolume volume_report_on(const Host& host, const ServerDescription& server) {
  const ServerVolume& volume = server.volumes.front();
  ReportVolume report;
  report.host = host.name;
  report.server_id = server.id;
  report.server_volume_id = volume.id;
  report.operation_id = volume.operation_id;
  return report;
}

// False: it has been given up meanwhile.
bool report(Host& host, const ServerDescription& server, bool attached,
            const std::string& problem) {
  ReportVolume report = volume_report_on(host, server);
  report.attached = attached;
  report.problem = problem;
  return host.conductor.call(report).changed;
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

// Tells the conductor every now and then that the host is at it, and whether that is wanted.
class SignsOfLife {
 public:
  SignsOfLife(Host& host, const ServerDescription& server) : host_(host), server_(server) {}
  // Throws Error(conflict) if it is not.
  void give() {
    const base::SteadyTime now = host_.runtime.clock.steady();
    if (now < next_) return;
    next_ = now + kSignOfLifeInterval;
    ReportVolume report = volume_report_on(host_, server_);
    report.in_progress = true;
    if (!host_.conductor.call(report).changed)
      throw base::Error(base::ErrorKind::conflict, "Volume " + server_.volumes.front().volume_id +
                                                       " is in another operation now.");
  }

 private:
  Host& host_;
  const ServerDescription& server_;
  base::SteadyTime next_{};
};

bool guest_has(Host& host, const ServerDescription& server, const std::string& volume_id) {
  const auto serials = host.hypervisor.list_serials(server.id);
  return std::find(serials.begin(), serials.end(), volume_id) != serials.end();
}

// The server with the volume that takes the other one's place.
ServerDescription with_successor(ServerDescription server) {
  ServerVolume& volume = server.volumes.front();
  volume.volume_id = volume.new_volume_id;
  volume.new_volume_id.clear();
  volume.state.clear();
  return server;
}

void take_successor_back(Host& host, const ServerDescription& server, const std::string& problem,
                         const std::string& request_id) {
  const ServerVolume& volume = server.volumes.front();
  release_volume(host, volume.new_volume_id, server.id, request_id);
  host.cinder.roll_detaching(volume.volume_id, request_id);
  static_cast<void>(report(host, server, true, problem));
}

// What the guest has written to the one it finds in the other; which has room for more, perhaps.
void exchange(Host& host, const ServerDescription& server, const std::string& request_id) {
  const ServerVolume& volume = server.volumes.front();
  const auto disks = connect_volumes(host, with_successor(server), request_id);
  SignsOfLife signs(host, server);
  host.hypervisor.swap_disk(server.id, volume.volume_id, disks.front(), [&] { signs.give(); });
  const auto successor = host.cinder.get_volume(volume.new_volume_id, request_id);
  host.hypervisor.resize_disk(server.id, volume.new_volume_id, successor.size_gib * kBytesPerGib);
}

void swap(Host& host, const ServerDescription& server, const std::string& request_id) {
  const ServerVolume& volume = server.volumes.front();
  try {
    exchange(host, server, request_id);
  } catch (const base::Error& error) {
    platform::log_error("volume not swapped server={} volume={} for={} error={}", server.id,
                        volume.volume_id, volume.new_volume_id, error.what());
    // There is no way back once the guest writes the other one: this is tried again.
    if (guest_has(host, server, volume.new_volume_id)) throw;
    return take_successor_back(host, server, error.message(), request_id);
  }
  complete_volumes(host, with_successor(server), request_id);
  release_volume(host, volume.volume_id, server.id, request_id);
  ReportVolume report = volume_report_on(host, server);
  report.swapped = true;
  static_cast<void>(host.conductor.call(report));
}

void work(Host& host, const ServerDescription& server, const std::string& request_id) {
  const std::string& state = server.volumes.front().state;
  if (state == "attaching") attach(host, server, request_id);
  if (state == "detaching") detach(host, server, request_id);
  if (state == "swapping") swap(host, server, request_id);
}

}  // namespace

void work_on_volume(Host& host, const WorkOnVolume& message, const std::string& request_id) {
  const ServerSlots::Slot slot(host.slots, message.server_id);
  const auto server = find_with_volume(host, message);
  if (!server) return;
  try {
    work(host, *server, request_id);
  } catch (const base::Error& error) {
    // Nobody waits for an answer; the message comes again until the volume is there, gone or given
    // up. Until then Nova and Cinder show it in this state, and refuse what else is asked of it.
    throw base::Error(
        base::ErrorKind::unavailable,
        fmt::format("Volume {} of server {} is still {}. It is tried again.", message.volume_id,
                    message.server_id, server->volumes.front().state),
        error.message());
  }
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
