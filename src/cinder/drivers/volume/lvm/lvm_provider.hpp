// Volumes as logical volumes of a thin pool.
#pragma once

#include <memory>
#include <string>

#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

// GROUP/volume-UUID and GROUP/_snapshot-UUID (LVM keeps the name "snapshot" for itself), with the
// tag "nephele"; what is not whole yet has the tag "nephele-part", and what is to take a volume's
// place the name volume-UUID.new. Logical volumes without these tags are somebody else's, and what
// manage() may take. Makes the pool GROUP-pool if it is not there. Throws base::Error(unavailable)
// without the group or LVM's programs. Needs root.
[[nodiscard]] std::unique_ptr<Provider> make_lvm_provider(const std::string& volume_group);

}  // namespace cinder::drivers
