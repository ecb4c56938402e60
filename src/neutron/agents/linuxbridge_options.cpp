#include "neutron/agents/linuxbridge_options.hpp"

#include "base/error.hpp"
#include "platform/owner_mark.hpp"

namespace neutron::agents {
namespace {

std::vector<std::pair<std::string, std::string>> mappings(const platform::Config& config) {
  std::vector<std::pair<std::string, std::string>> mappings;
  for (const std::string& item : config.list("linux_bridge", "physical_interface_mappings")) {
    const size_t colon = item.find(':');
    if (colon == std::string::npos)
      throw base::Error(
          base::ErrorKind::bad_request,
          "physical_interface_mappings takes network:device pairs, not '" + item + "'");
    mappings.emplace_back(item.substr(0, colon), item.substr(colon + 1));
  }
  return mappings;
}

}  // namespace

drivers::LinuxBridgeOptions linuxbridge_options(const platform::Config& config) {
  return {platform::owner_of_directory(config.text("DEFAULT", "state_path")),
          config.text("vxlan", "local_ip"), mappings(config)};
}

}  // namespace neutron::agents
