#include "nova/compute/remains.hpp"

#include <filesystem>
#include <memory>

#include "nova/compute/disks.hpp"
#include "nova/compute/interfaces.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "platform/owner_mark.hpp"

namespace nova::compute {
namespace {

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

bool keeps_nothing(const platform::Config& config) {
  return config.text("DEFAULT", "compute_driver") == "fake" ||
         !std::filesystem::exists(config.text("DEFAULT", "instances_path"));
}

void note_remains(std::map<std::string, std::string>& remains, const std::vector<std::string>& ids,
                  const char* what) {
  for (const std::string& id : ids) {
    std::string& text = remains[id];
    text += (text.empty() ? "" : ", ") + std::string(what);
  }
}

}  // namespace

std::map<std::string, std::string> list_remains(const platform::Config& config,
                                                platform::Runtime runtime) {
  std::map<std::string, std::string> remains;
  if (keeps_nothing(config)) return remains;
  const ExaminedHost host(config, runtime);
  note_remains(remains, host.hypervisor->list_guests(), "guest");
  note_remains(remains, host.interfaces->list_servers(), "network interfaces");
  note_remains(remains, host.disks->list_servers(), "disks");
  return remains;
}

void remove_remains(const platform::Config& config, platform::Runtime runtime,
                    const std::string& server_id) {
  const ExaminedHost host(config, runtime);
  host.hypervisor->remove(server_id);
  host.interfaces->remove_all(server_id);
  host.disks->remove(server_id);
}

}  // namespace nova::compute
