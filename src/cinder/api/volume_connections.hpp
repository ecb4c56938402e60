// The actions of a volume that attach it: handlers and the schemas of their arguments, for the
// table in volume_actions.cpp.
#pragma once

#include <string>
#include <string_view>

#include "cinder/api/common.hpp"

namespace cinder::api {

[[nodiscard]] Response reserve(app::App& app, ApiRequest& request, const std::string& id,
                               const base::Json& argument);
[[nodiscard]] Response unreserve(app::App& app, ApiRequest& request, const std::string& id,
                                 const base::Json& argument);
[[nodiscard]] Response initialize_connection(app::App& app, ApiRequest& request,
                                             const std::string& id, const base::Json& argument);
[[nodiscard]] Response terminate_connection(app::App& app, ApiRequest& request,
                                            const std::string& id, const base::Json& argument);
[[nodiscard]] Response attach(app::App& app, ApiRequest& request, const std::string& id,
                              const base::Json& argument);
[[nodiscard]] Response detach(app::App& app, ApiRequest& request, const std::string& id,
                              const base::Json& argument);
[[nodiscard]] Response begin_detaching(app::App& app, ApiRequest& request, const std::string& id,
                                       const base::Json& argument);
[[nodiscard]] Response roll_detaching(app::App& app, ApiRequest& request, const std::string& id,
                                      const base::Json& argument);

inline constexpr std::string_view kConnectorSchema =
    R"({"type":"object","properties":{"connector":{"type":"object"}},"required":["connector"],)"
    R"("additionalProperties":false})";
inline constexpr std::string_view kAttachSchema =
    R"({"type":"object","properties":{"instance_uuid":{"type":["string","null"],"format":"uuid"},)"
    R"("mountpoint":{"type":"string","minLength":1,"maxLength":255},)"
    R"("host_name":{"type":["string","null"],"maxLength":255},)"
    R"("mode":{"type":"string","enum":["rw","ro"]}},"required":["mountpoint"],)"
    R"("additionalProperties":false})";
inline constexpr std::string_view kDetachSchema =
    R"({"type":"object","properties":{"attachment_id":{"type":["string","null"],"format":"uuid"}},)"
    R"("additionalProperties":false})";
inline constexpr std::string_view kForceDetachSchema =
    R"({"type":"object","properties":{"attachment_id":{"type":["string","null"],"format":"uuid"},)"
    R"("connector":{"type":["object","null"]}},"additionalProperties":false})";

}  // namespace cinder::api
