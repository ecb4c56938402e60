// The values of the JSON Schema keyword "format" in OpenStack's request schemas.
#pragma once

#include <string_view>

namespace openstack {

struct SchemaFormat {
  std::string_view name;
  bool (*holds)(std::string_view text);
  // Not empty: Nova says "An invalid 'name' value was provided. The name must be: REASON" instead
  // of the usual message (nova/api/validation/validators.py).
  std::string_view name_reason = {};
};

// nullptr: unknown.
[[nodiscard]] const SchemaFormat* find_schema_format(std::string_view name);

}  // namespace openstack
