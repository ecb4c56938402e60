// "extra_specs" as flavors have them: the answers.
#pragma once

#include <string>

#include "openstack/handlers.hpp"

namespace openstack {

// {"extra_specs": {...}}
[[nodiscard]] platform::http::Response answer_specs(const Metadata& specs);
// {KEY: VALUE}
[[nodiscard]] platform::http::Response answer_spec(const std::string& key,
                                                   const std::string& value);

}  // namespace openstack
