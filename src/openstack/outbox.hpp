// One relay of the outbox for all roles of a service in a process.
#pragma once

#include <memory>

#include "openstack/role.hpp"
#include "platform/database/outbox.hpp"

namespace openstack {

// The relay of the environment's database and bus, made by whoever asks first; it lives as long as
// one of its owners. The environment must have a database.
[[nodiscard]] std::shared_ptr<platform::OutboxRelay> shared_relay(
    const RoleEnvironment& environment);

}  // namespace openstack
