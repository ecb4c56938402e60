#include <algorithm>
#include <array>
#include <map>

#include "nova/compute/host.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"
#include "platform/metrics.hpp"

namespace nova::compute {
namespace {

using drivers::PowerState;
using openstack::clients::PortBinding;

// Which change of power a task state stands for.
struct PendingChange {
  std::string_view task_state;
  const char* change;
};
constexpr std::array kPendingChanges{
    PendingChange{"powering-on", "start"},     PendingChange{"powering-off", "stop"},
    PendingChange{"rebooting", "reboot_soft"}, PendingChange{"rebooting_hard", "reboot_hard"},
    PendingChange{"pausing", "pause"},         PendingChange{"unpausing", "unpause"},
};

constexpr platform::metrics::Description kGuests{
    "nephele_compute_guests",
    "Guests on this host by state, as last compared (sync_power_state_interval)."};
constexpr std::array<std::pair<PowerState, std::string_view>, 5> kPowerStates{
    {{PowerState::none, "none"},
     {PowerState::running, "running"},
     {PowerState::paused, "paused"},
     {PowerState::shutdown, "shutdown"},
     {PowerState::crashed, "crashed"}}};

void resume(Host& host, const ServerDescription& server) {
  const std::string& request_id = platform::current_request().request_id;
  platform::log_info("taking up an operation server={} task_state={}", server.id,
                     server.task_state);
  if (server.task_state == "deleting") {
    terminate_server(host, {server.id, server.operation_id}, request_id);
    return;
  }
  for (const PendingChange& pending : kPendingChanges)
    if (pending.task_state == server.task_state) {
      change_power(host, {server.id, server.operation_id, pending.change}, request_id);
      return;
    }
  if (server.task_state == "rebuilding") {
    rebuild_server(host, {server.id, server.operation_id}, request_id);
    return;
  }
  if (server.vm_state == "building")
    build_server(host, {server.id, server.operation_id}, request_id);
}

bool makes_image(const ServerDescription& server) {
  return server.task_state.starts_with("image_");
}

void resume_volumes(Host& host, const ServerDescription& server) {
  for (const ServerVolume& volume : server.volumes) {
    if (volume.operation_id.empty()) continue;
    platform::log_info("taking up a volume server={} volume={} state={}", server.id,
                       volume.volume_id, volume.state);
    work_on_volume(host, {server.id, volume.volume_id, volume.operation_id},
                   platform::current_request().request_id);
  }
}

// What fails for one server does not keep the others waiting: it is tried again the next time.
template <class F>
void despite_errors(const std::string& server_id, F work) {
  try {
    work();
  } catch (const base::Error& error) {
    platform::log_error("reconciling failed server={} error={}", server_id, error.what());
  }
}

template <class List>
void add(std::set<std::string>& ids, const List& more) {
  ids.insert(more.begin(), more.end());
}

// None while Neutron can not be reached: guests and disks are looked after all the same.
std::vector<PortBinding> list_bindings(Host& host) {
  try {
    return host.bindings.list(host.name, platform::current_request().request_id);
  } catch (const base::Error& error) {
    platform::log_warning("ports of this host are not compared now error={}", error.what());
    return {};
  }
}

// States that say no more than what the guest does.
bool follows_guest(std::string_view vm_state) {
  return vm_state == "active" || vm_state == "paused" || vm_state == "stopped";
}

std::string vm_state_of(PowerState state) {
  if (state == PowerState::running) return "active";
  return state == PowerState::paused ? "paused" : "stopped";
}

// Whether the port is the server's, or may become it: an operation is in progress. What a user has
// given to the server by himself is his.
bool keeps(const ServerDescription& server, const PortBinding& binding) {
  if (!server.operation_id.empty() || !binding.made_by_nova) return true;
  return std::any_of(server.ports.begin(), server.ports.end(),
                     [&](const auto& port) { return port.id == binding.port_id; });
}

}  // namespace

void Reconciler::resume_operations() {
  std::vector<MakeServerImage> images;
  for (const ServerDescription& server :
       host_.conductor.call(ListServersOfHost{host_.name}).servers) {
    try {
      if (makes_image(server))
        images.push_back({server.id, server.operation_id});
      else if (!server.operation_id.empty())
        resume(host_, server);
      resume_volumes(host_, server);
    } catch (const base::Error& error) {
      platform::log_error("operation not taken up server={} error={}", server.id, error.what());
    }
  }
  resume_images(std::move(images));
}

// Disks may take long on their way; what else is to be compared does not wait for them.
void Reconciler::resume_images(std::vector<MakeServerImage> images) {
  if (images.empty()) return;
  images_ = host_.runtime.executor.start("server images", [this, images = std::move(images),
                                                           request = platform::current_request()] {
    const platform::RequestScope scope(request);
    for (const MakeServerImage& image : images) {
      platform::log_info("taking up an image server={}", image.server_id);
      despite_errors(image.server_id, [&] { make_server_image(host_, image, request.request_id); });
    }
  });
}

void Reconciler::run() {
  // What is here is listed first: a server that comes meanwhile is then no stray.
  std::set<std::string> found;
  const std::vector<std::string> guests = host_.hypervisor.list_guests();
  add(found, guests);
  add(found, host_.interfaces.list_servers());
  add(found, host_.disks.list_servers());
  const auto bindings = list_bindings(host_);
  const auto servers = host_.conductor.call(ListServersOfHost{host_.name}).servers;
  std::set<std::string> owned;
  for (const ServerDescription& server : servers) owned.insert(server.id);
  remove_strays(found, owned);
  release_stray_ports(bindings, servers);
  for (const ServerDescription& server : servers)
    if (server.operation_id.empty())
      despite_errors(server.id, [&] {
        report_power(server);
        remove_stray_copy(server);
      });
  count_guests(guests);
}

void Reconciler::count_guests(const std::vector<std::string>& guests) {
  std::map<PowerState, size_t> counts;
  for (const std::string& id : guests)
    despite_errors(id, [&] { ++counts[host_.hypervisor.power_state(id)]; });
  for (const auto& [state, name] : kPowerStates)
    platform::metrics::registry()
        .gauge(kGuests, {{"state", name}})
        .set(static_cast<double>(counts[state]));
}

void Reconciler::remove_strays(const std::set<std::string>& found,
                               const std::set<std::string>& owned) {
  for (const std::string& id : found)
    if (!owned.contains(id)) despite_errors(id, [&] { remove_stray(id); });
}

void Reconciler::remove_stray(const std::string& id) {
  const ServerSlots::Slot slot(host_.slots, id);
  // Asked again with the slot held: it may have arrived between the two lists.
  if (host_.conductor.call(GetServer{host_.name, id}).server) return;
  platform::log_warning("removing what is left of a server that is not on this host server={}", id);
  host_.hypervisor.remove(id);
  host_.interfaces.remove_all(id);
  host_.disks.remove(id);
}

void Reconciler::release_stray_ports(const std::vector<PortBinding>& found,
                                     const std::vector<ServerDescription>& servers) {
  for (const PortBinding& binding : found) {
    const bool kept = std::any_of(servers.begin(), servers.end(), [&](const auto& server) {
      return server.id == binding.server_id && keeps(server, binding);
    });
    if (!kept) despite_errors(binding.server_id, [&] { release_stray_port(binding); });
  }
}

// A request to Neutron may come true after its sender has given up, or has died.
void Reconciler::release_stray_port(const PortBinding& binding) {
  const std::string& request_id = platform::current_request().request_id;
  const ServerSlots::Slot slot(host_.slots, binding.server_id);
  const auto server = host_.conductor.call(GetServer{host_.name, binding.server_id}).server;
  if (server && keeps(*server, binding)) return;
  platform::log_warning("releasing a port that no server on this host has port={} server={}",
                        binding.port_id, binding.server_id);
  try {
    if (binding.made_by_nova)
      host_.bindings.remove(binding, host_.name, request_id);
    else
      host_.bindings.release(binding, host_.name, request_id);
  } catch (const base::Error& error) {
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
}

// Of an image that was given up while no process of this host looked after it.
void Reconciler::remove_stray_copy(const ServerDescription& server) {
  if (!host_.disks.has_copy(server.id)) return;
  const auto now = host_.conductor.call(GetServer{host_.name, server.id}).server;
  if (now && !now->operation_id.empty()) return;
  platform::log_warning("removing a copy of a disk that nobody wants server={}", server.id);
  host_.hypervisor.end_copies(server.id);
  host_.disks.remove_copy(server.id);
}

// A guest that stopped, was started or was paused by itself, or by an operation that was given up
// before its host had done it.
void Reconciler::report_power(const ServerDescription& server) {
  if (!follows_guest(server.vm_state)) return;
  const PowerState state = host_.hypervisor.power_state(server.id);
  const std::string vm_state = vm_state_of(state);
  if (static_cast<int64_t>(state) == server.power_state && vm_state == server.vm_state) return;
  ReportServer report;
  report.host = host_.name;
  report.server_id = server.id;
  report.power_state = static_cast<int64_t>(state);
  report.vm_state = vm_state;
  platform::log_info("guest changed by itself server={} power_state={}", server.id,
                     static_cast<int>(state));
  static_cast<void>(host_.conductor.call(report));
}

}  // namespace nova::compute
