#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

std::map<std::string, std::string> common_capabilities(const std::string& storage_protocol) {
  return {{"storage_protocol", storage_protocol},
          {"vendor_name", "Nephele"},
          {"driver_version", "1.0"},
          {"thin_provisioning_support", "True"},
          {"thick_provisioning_support", "False"},
          {"multiattach", "True"},
          {"QoS_support", "False"}};
}

}  // namespace cinder::drivers
