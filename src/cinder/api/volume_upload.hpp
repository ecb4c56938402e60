// The action os-volume_upload_image.
#pragma once

#include <string>
#include <string_view>

#include "cinder/api/common.hpp"

namespace cinder::api {

// Of its argument; since 3.1 with visibility and protected.
inline constexpr std::string_view kUploadSchema =
    R"({"type":"object","properties":{"image_name":{"type":"string","minLength":1,)"
    R"("maxLength":255},"force":{"type":["boolean","string"]},"disk_format":{"type":"string",)"
    R"("enum":["raw","vmdk","vdi","qcow2","vhd","vhdx","ploop"]},"container_format":)"
    R"({"type":"string","minLength":0,"maxLength":255}},"required":["image_name"],)"
    R"("additionalProperties":false})";
inline constexpr std::string_view kUploadSchema31 =
    R"({"type":"object","properties":{"image_name":{"type":"string","minLength":1,)"
    R"("maxLength":255},"force":{"type":["boolean","string"]},"disk_format":{"type":"string",)"
    R"("enum":["raw","vmdk","vdi","qcow2","vhd","vhdx","ploop"]},"container_format":)"
    R"({"type":"string","minLength":0,"maxLength":255},"visibility":{"type":"string",)"
    R"("enum":["community","public","private","shared"]},"protected":{"type":["boolean",)"
    R"("string"]}},"required":["image_name"],"additionalProperties":false})";

[[nodiscard]] Response upload_image(app::App& app, ApiRequest& request,
                                    const std::string& volume_id, const base::Json& argument);

}  // namespace cinder::api
