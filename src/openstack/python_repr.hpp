// Values as Python prints them: OpenStack's validation messages quote them that way.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace openstack {

// repr(): 'text', None, True, 1.0, {'a': [1]}.
[[nodiscard]] std::string python_repr(const base::Json& value);
[[nodiscard]] std::string python_repr(std::string_view text);
// str(): as repr, but a text is itself.
[[nodiscard]] std::string python_str(const base::Json& value);

}  // namespace openstack
