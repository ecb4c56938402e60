// What clients need to sign in: clouds.yaml (openstacksdk) and an openrc for shells.
#pragma once

#include "nephele/host_settings.hpp"

namespace nephele {

// Writes both into the state directory, mode 0600: the admin's password is in them.
void write_credentials(const StateDirectory& directory, const HostSettings& host);

}  // namespace nephele
