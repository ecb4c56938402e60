// How fast a volume may be read and written: the QoS specs of its type that a hypervisor keeps.
#pragma once

#include "base/json.hpp"
#include "nova/drivers/hypervisor/driver.hpp"

namespace nova::compute {

// Of `qos_specs` in Cinder's connection_info; keys that mean nothing to a hypervisor are passed
// over. Throws Error(bad_request) for what none can keep.
// https://docs.openstack.org/cinder/latest/admin/basic-volume-qos.html
[[nodiscard]] drivers::DiskLimits disk_limits_of(const base::Json& qos_specs);

}  // namespace nova::compute
