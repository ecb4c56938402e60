// Fetches what is queued for the cache.
#pragma once

#include <functional>

#include "glance/api/image_api.hpp"

namespace glance::api {

// Caches each image of the queue and takes it from there, also if that fails: the log says why.
// Stops, and leaves the rest in the queue, once `is_ending`.
void prefetch_queued(const ImageApi& api, const std::function<bool()>& is_ending);

}  // namespace glance::api
