// The two spellings of a 128-bit identifier: "xxxxxxxx-xxxx-..." (Nova, Glance, Neutron, Cinder)
// and 32 hex digits (Keystone). Both are kept as text: that is what every interface wants.
#pragma once

#include <string>
#include <string_view>

namespace base {

// 36 characters, lower or upper hex, dashes in place.
[[nodiscard]] bool is_uuid(std::string_view text);
// As oslo's is_uuid_like: also without dashes.
[[nodiscard]] bool is_uuid_like(std::string_view text);
// RFC 4122 version 4 from 16 random bytes.
[[nodiscard]] std::string uuid_from_bytes(std::string_view sixteen_bytes);

}  // namespace base
