#include <filesystem>

#include "nova/compute/interfaces.hpp"
#include "nova/compute/service.hpp"
#include "nova/drivers/hypervisor/qemu/qemu.hpp"
#include "platform/owner_mark.hpp"

namespace nova::compute {

std::vector<std::string> clean_host(const platform::Config& config, platform::Runtime runtime) {
  std::vector<std::string> removed;
  drivers::QemuOptions options;
  options.directory = config.text("DEFAULT", "instances_path");
  if (std::filesystem::exists(options.directory)) {
    const auto hypervisor = drivers::make_qemu_hypervisor(options, runtime);
    for (const std::string& id : hypervisor->list_guests()) {
      hypervisor->stop(id, drivers::StopMode::hard, base::Duration{0});
      removed.push_back("guest " + id);
    }
  }
  const auto interfaces =
      make_tap_interfaces(platform::owner_of_directory(config.text("DEFAULT", "instances_path")));
  for (const std::string& id : interfaces->list_servers()) {
    interfaces->remove_all(id);
    removed.push_back("network interfaces of server " + id);
  }
  return removed;
}

}  // namespace nova::compute
