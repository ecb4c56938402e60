// Where an image's bytes are, as clients see and set it (PATCH of /locations), and as other
// services are told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "glance/api/image_api.hpp"
#include "glance/api/image_patch.hpp"

namespace glance::api {

// Does to the image what one operation of a patch says. Error(forbidden) if locations are not shown
// or the caller may not; Error(conflict) for an image that is neither queued nor active, or for
// hashes that are not the image's; Error(too_large) past image_location_quota; Error(bad_request)
// for what leads to no bytes. A queued image becomes active.
void change_locations(const ImageApi& api, const openstack::ApiRequest& request, Image& image,
                      const LocationChange& change);

// What the caller is shown of them.
[[nodiscard]] ShownLocations shown_locations(const ImageApi& api,
                                             const openstack::ApiRequest& request,
                                             const Image& image);

// GET /v2/images/{id}/locations: for services, which can then do without the bytes' way over the
// API; whatever users are shown.
[[nodiscard]] openstack::Routes image_location_routes(const ImageApi& api);

}  // namespace glance::api
