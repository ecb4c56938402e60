// What the handlers of types of groups share.
#pragma once

#include "cinder/api/common.hpp"

namespace cinder::api {

inline constexpr Microversion kGroupTypes{3, 11};

inline constexpr std::string_view kGroupSpecsSchema =
    R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
    R"({"type":["string","null"],"maxLength":255}},"additionalProperties":false})";

// By the rule "group:access_group_types_specs".
[[nodiscard]] bool may_see_group_specs(const ApiRequest& request);

}  // namespace cinder::api
