// What the handlers of groups of volumes share.
#pragma once

#include "cinder/api/common.hpp"

namespace cinder::api {

inline constexpr Microversion kGroups{3, 13};
inline constexpr Microversion kGroupSnapshots{3, 14};
inline constexpr Microversion kProjectsOfGroups{3, 58};

// A member that is a text, without the blanks around it.
[[nodiscard]] std::optional<std::string> trimmed_member(const base::Json& object,
                                                        std::string_view name);

// The status that {"status": ...} asks for, in small letters. Throws Error(bad_request) unless it
// is one of a group's ("Group") or group snapshot's ("Group snapshot").
[[nodiscard]] std::string wanted_status(const base::Json& argument, std::string_view kind);

// {"status": text}
inline constexpr std::string_view kStatusSchema =
    R"({"type":"object","properties":{"status":{"type":"string"}},"required":["status"],)"
    R"("additionalProperties":false})";

}  // namespace cinder::api
