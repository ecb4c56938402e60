#include "nova/compute/comparison.hpp"

#include <fmt/core.h>

#include <filesystem>
#include <map>
#include <memory>

#include "base/text.hpp"
#include "nova/compute/disks.hpp"
#include "nova/compute/interfaces.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "platform/owner_mark.hpp"

namespace nova::compute {
namespace {

constexpr const char* kGuest = "guest";
constexpr const char* kInterfaces = "network interfaces";
constexpr const char* kDisks = "disks";

// The parts of a host as nova-compute has them; no image is fetched with them.
struct ExaminedHost {
  ExaminedHost(const platform::Config& config, const platform::Runtime& runtime)
      : session(nowhere, {}, runtime),
        glance(session, ""),
        disks(make_file_disks(config.text("DEFAULT", "instances_path"), glance, runtime)),
        interfaces(make_tap_interfaces(
            platform::owner_of_directory(config.text("DEFAULT", "instances_path")))) {
    drivers::QemuOptions options;
    options.directory = config.text("DEFAULT", "instances_path");
    options.program = config.text("libvirt", "emulator");
    hypervisor = drivers::make_qemu_hypervisor(options, runtime);
  }
  platform::http::LocalTransport nowhere;
  openstack::clients::ServiceSession session;
  openstack::clients::Glance glance;
  std::unique_ptr<Disks> disks;
  std::unique_ptr<Interfaces> interfaces;
  std::unique_ptr<drivers::Hypervisor> hypervisor;
};

void note_remains(std::map<std::string, std::string>& remains, const std::vector<std::string>& ids,
                  const char* what) {
  for (const std::string& id : ids) {
    std::string& text = remains[id];
    text += (text.empty() ? "" : ", ") + std::string(what);
  }
}

std::string_view name_of(drivers::PowerState state) {
  switch (state) {
    case drivers::PowerState::running:
      return "runs";
    case drivers::PowerState::paused:
      return "is paused";
    case drivers::PowerState::none:
      return "is not here";
    case drivers::PowerState::shutdown:
      break;
    case drivers::PowerState::crashed:
      return "has crashed";
  }
  return "does not run";
}

// A hypervisor knows a guest from its first start on, so a stopped server may have none.
bool fits(std::string_view vm_state, drivers::PowerState state) {
  if (vm_state == "active") return state == drivers::PowerState::running;
  if (vm_state == "paused") return state == drivers::PowerState::paused;
  return state != drivers::PowerState::running && state != drivers::PowerState::paused;
}

bool has_guest(std::string_view vm_state) {
  return vm_state == "active" || vm_state == "paused" || vm_state == "stopped";
}

bool keeps_guests(const platform::Config& config) {
  return config.text("DEFAULT", "compute_driver") != "fake" &&
         std::filesystem::exists(config.text("DEFAULT", "instances_path"));
}

std::map<std::string, std::string> list_remains(const ExaminedHost& host) {
  std::map<std::string, std::string> remains;
  note_remains(remains, host.hypervisor->list_guests(), kGuest);
  note_remains(remains, host.interfaces->list_servers(), kInterfaces);
  note_remains(remains, host.disks->list_servers(), kDisks);
  return remains;
}

platform::Difference describe_remains(const platform::Config& config, platform::Runtime runtime,
                                      const std::string& server_id, const std::string& remains) {
  platform::Difference difference;
  difference.subject = "server " + server_id;
  difference.text = fmt::format("is not on {}, but this is left of it: {}", runtime.host, remains);
  difference.role = "nova-compute";
  difference.mend = [config, runtime, server_id, remains] {
    const ExaminedHost host(config, runtime);
    host.hypervisor->remove(server_id);
    host.interfaces->remove_all(server_id);
    host.disks->remove(server_id);
    return "removed " + remains;
  };
  return difference;
}

std::string describe_state(const ServerDescription& server, const std::string& lacks) {
  return fmt::format("is {}, but {}", server.vm_state, lacks);
}

// nova-compute does not make these again by itself.
std::vector<std::string> list_missing(const ServerDescription& server, const std::string& parts) {
  std::vector<std::string> missing;
  const auto lacks = [&](const char* part) { return parts.find(part) == std::string::npos; };
  if (lacks(kDisks)) missing.emplace_back("its disk is not here");
  // Taps are made when a guest starts, and a host that was restarted has none of a stopped one.
  if (server.vm_state != "stopped" && !server.ports.empty() && lacks(kInterfaces))
    missing.emplace_back("its network interfaces are not here");
  return missing;
}

// `parts`: what of it was found here.
void compare_server(const ExaminedHost& host, const ServerDescription& server,
                    const std::string& parts, std::vector<platform::Difference>& differences) {
  const std::string subject = "server " + server.id;
  const drivers::PowerState state = host.hypervisor->power_state(server.id);
  if (!fits(server.vm_state, state))
    differences.push_back(
        {subject, describe_state(server, fmt::format("its guest {}", name_of(state))),
         "nova-compute", "start nova-compute: it tells the cloud what its guests do"});
  const auto missing = list_missing(server, parts);
  if (!missing.empty())
    differences.push_back(
        {subject, describe_state(server, base::join(missing, ", ")), "",
         "openstack server reboot --hard makes interfaces again, openstack server rebuild a disk"});
}

}  // namespace

std::vector<platform::Difference> compare_host(const platform::Config& config,
                                               platform::Runtime runtime,
                                               const std::function<ServerList()>& list_servers) {
  if (!keeps_guests(config)) return {};
  const ExaminedHost host(config, runtime);
  // What is here first: a server that comes meanwhile is then no stray.
  auto found = list_remains(host);
  std::vector<platform::Difference> differences;
  for (const ServerDescription& server : list_servers().servers) {
    const auto found_of_it = found.extract(server.id);
    if (server.operation_id.empty() && has_guest(server.vm_state))
      compare_server(host, server, found_of_it ? found_of_it.mapped() : "", differences);
  }
  for (const auto& [server_id, remains] : found)
    differences.push_back(describe_remains(config, runtime, server_id, remains));
  return differences;
}

}  // namespace nova::compute
