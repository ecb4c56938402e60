// A guest of 512 bytes for tests of the QEMU driver: a boot sector that writes to the serial port,
// sleeps, and ends on ACPI's power button. It is up in a fraction of a second, also under TCG.
#pragma once

#include <string>

#include "nova/drivers/hypervisor/conformance.hpp"

namespace nova::drivers {

inline constexpr std::string_view kTinyGuestReady = "GUEST READY\n";

// Writes the guest's disk (raw) to `path`.
void write_tiny_guest(const std::string& path, GuestKind kind);

}  // namespace nova::drivers
