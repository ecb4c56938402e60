// Extra specs of volume types against what pools can do, in Cinder's small language:
// "volume_backend_name" = "fast", "capabilities:thin_provisioning_support" = "<is> True",
// "iops" = ">= 500".
#pragma once

#include <map>
#include <string>

namespace cinder::scheduler {

// Whether what the pool says of itself (JSON, text -> text) has what every spec asks for. Specs of
// other scopes than "capabilities" are for drivers.
[[nodiscard]] bool fulfills(const std::string& capabilities,
                            const std::map<std::string, std::string>& extra_specs);

// Whether one value is what one requirement asks for.
[[nodiscard]] bool fits(const std::string& value, const std::string& requirement);

}  // namespace cinder::scheduler
