// Tap devices of guests: made before the guest starts, persistent, so that they outlive this
// process as the guest does.
#pragma once

#include <string>

namespace nova::compute {

// The tap exists afterwards. Throws base::Error(unavailable) that says what permission is missing.
void ensure_tap(const std::string& name);
// It does not. Nothing there: nothing happens.
void remove_tap(const std::string& name);

}  // namespace nova::compute
