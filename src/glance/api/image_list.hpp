// What GET /v2/images?... asks for.
#pragma once

#include "glance/api/image_api.hpp"

namespace glance::api {

// Filters, order, marker and limit of the request, by the rules and with the messages of Glance:
// throws Error(bad_request) for those that are none. What is no attribute of images is taken for a
// property of the user.
[[nodiscard]] ListImages parse_image_list(const ImageApi& api,
                                          const openstack::ApiRequest& request);

// The items of a filter "in:": split at commas that stand in no quotes; a quoted item loses its
// quotes. Throws Error(bad_request) for quotes that do not hold a whole item.
[[nodiscard]] std::vector<std::string> split_filter_list(std::string_view text);

}  // namespace glance::api
