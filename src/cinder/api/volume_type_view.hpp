// What the handlers of volume types share.
#pragma once

#include <string>

#include "cinder/api/common.hpp"
#include "cinder/store/volume_types.hpp"

namespace cinder::api {

inline constexpr std::string_view kExtraSpecsSchema =
    R"({"type":"object","patternProperties":{"^[a-zA-Z0-9-_:. ]{1,255}$":)"
    R"({"type":"string","maxLength":255}},"additionalProperties":false})";

// As JSON: all for administrators, for others those that say what users get.
[[nodiscard]] std::string visible_extra_specs(const ApiRequest& request,
                                              const store::VolumeTypeRow& type);

}  // namespace cinder::api
