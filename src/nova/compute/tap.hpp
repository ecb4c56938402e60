// Tap devices of guests: made before the guest starts, persistent, so that they outlive this
// process as the guest does.
#pragma once

#include <optional>
#include <string>

#include "platform/owner_mark.hpp"

namespace nova::compute {

// The tap exists afterwards and bears `mark` (platform/owner_mark.hpp); it never exists without.
// Throws base::Error(unavailable) that says what permission is missing, or (conflict) if a device
// of that name is not marked as this owner's.
void ensure_tap(const std::string& name, const platform::OwnerMark& mark);
// It does not. Nothing there: nothing happens.
void remove_tap(const std::string& name);
// The mark of a device, if it bears one.
[[nodiscard]] std::optional<platform::OwnerMark> mark_of_device(const std::string& name);

}  // namespace nova::compute
