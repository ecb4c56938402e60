// What a guest learns of itself, over http://169.254.169.254 or from its config drive: OpenStack's
// and EC2's layouts (Nova user guide, "Metadata").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "nova/messages.hpp"
#include "platform/random.hpp"

namespace nova::metadata {

// The document at a path ("/openstack/latest/meta_data.json", "/latest/meta-data/hostname", or a
// directory's listing); nullopt: there is none.
[[nodiscard]] std::optional<std::string> answer(const ServerDescription& server,
                                                std::string_view path, platform::Random& random);

// Every file of a config drive: relative path -> content.
[[nodiscard]] std::map<std::string, std::string> config_drive_files(const ServerDescription& server,
                                                                    platform::Random& random);

}  // namespace nova::metadata
