#include "neutron/app/type_drivers/type_driver.hpp"

#include "neutron/app/errors.hpp"

namespace neutron::app {

const TypeDriver& TypeDrivers::get(const std::string& type) const {
  for (const auto& driver : drivers_)
    if (driver->type() == type) return *driver;
  throw invalid_input(fmt::format("network_type value '{}' not supported", type));
}

store::SegmentRow TypeDrivers::allocate(platform::Session& session) const {
  for (const std::string& type : tenant_types_)
    if (auto segment = get(type).allocate(session)) return *segment;
  throw error(base::ErrorKind::unavailable, "NoNetworkAvailable",
              "Unable to create the network. No tenant network is available for allocation.");
}

TypeDrivers make_type_drivers(const TypeDriverSettings& settings, platform::Random& random) {
  std::vector<std::unique_ptr<TypeDriver>> drivers;
  for (const std::string& type : settings.type_drivers) {
    if (type == "local")
      drivers.push_back(make_local_type_driver());
    else if (type == "flat")
      drivers.push_back(make_flat_type_driver(settings.flat_networks));
    else if (type == "vxlan")
      drivers.push_back(make_vxlan_type_driver(settings.vni_ranges, random));
    else
      throw base::Error(base::ErrorKind::bad_request,
                        fmt::format("option [ml2] type_drivers: '{}' is not one of local, flat, "
                                    "vxlan",
                                    type));
  }
  TypeDrivers result(std::move(drivers), settings.tenant_network_types);
  for (const std::string& type : settings.tenant_network_types) (void)result.get(type);
  return result;
}

}  // namespace neutron::app
