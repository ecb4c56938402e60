// Images as the caller of a request may see them.
#pragma once

#include "glance/api/image_api.hpp"

namespace glance::api {

// Whether the caller may do that with a custom property of images.
[[nodiscard]] bool may_use_property(const ImageApi& api, const openstack::ApiRequest& request,
                                    std::string_view name, PropertyAction action);

// The properties that the caller may read stay; the others are given back.
[[nodiscard]] std::map<std::string, std::optional<std::string>> hide_properties(
    const ImageApi& api, const openstack::ApiRequest& request, Image& image);

// The document of an image.
void write_view(base::JsonWriter& json, const ImageApi& api, const openstack::ApiRequest& request,
                Image image);

}  // namespace glance::api
