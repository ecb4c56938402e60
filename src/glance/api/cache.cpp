// The cache of this glance-api: what is in it and what is to be.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "glance/api/image_api.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;
using platform::http::Response;

ImageCache& require_cache(const ImageApi& api) {
  if (!api.cache)
    throw Error(ErrorKind::not_found, "Caching via API is not supported at this site.");
  return *api.cache;
}

double seconds_of(base::TimePoint time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Response list_cache(const ImageApi& api) {
  const ImageCache& cache = require_cache(api);
  base::JsonWriter json;
  json.begin_object();
  json.key("cached_images");
  json.begin_array();
  for (const CachedImage& image : cache.list()) {
    json.begin_object();
    json.field("image_id", image.id);
    json.field("hits", image.hits);
    json.field("last_accessed", seconds_of(image.last_accessed));
    json.field("last_modified", seconds_of(image.last_modified));
    json.field("size", image.size);
    json.end_object();
  }
  json.end_array();
  json.field("queued_images", cache.queued());
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response clear_cache(const ImageApi& api, const ApiRequest& request) {
  ImageCache& cache = require_cache(api);
  const std::string target = base::lower(request.http.headers.value("x-image-cache-clear-target"));
  if (!target.empty() && target != "cache" && target != "queue")
    throw Error(ErrorKind::bad_request,
                "If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty "
                "string.");
  if (target != "queue") cache.clear();
  if (target != "cache") cache.clear_queue();
  return openstack::empty_response(204);
}

Response queue_image(const ImageApi& api, const ApiRequest& request) {
  ImageCache& cache = require_cache(api);
  const Image image = api.visible_image(request);
  if (image.status != "active")
    throw Error(ErrorKind::bad_request,
                "Only images with status active can be targeted for queueing");
  cache.queue(image.id);
  return openstack::empty_response(202);
}

// Also of an image that is deleted, while the cache has it.
Response drop_image(const ImageApi& api, const ApiRequest& request) {
  ImageCache& cache = require_cache(api);
  const std::string& id = request.parameter("image_id");
  const auto cached = cache.list();
  const auto queued = cache.queued();
  if (std::ranges::find(cached, id, &CachedImage::id) == cached.end() &&
      std::ranges::find(queued, id) == queued.end())
    static_cast<void>(api.visible_image(request));
  cache.remove(id);
  cache.unqueue(id);
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes cache_routes(const ImageApi& api) {
  return {
      {"GET", "/cache", "cache_list", [&api](ApiRequest&) { return list_cache(api); }},
      {"DELETE", "/cache", "cache_delete", [&api](ApiRequest& r) { return clear_cache(api, r); }},
      {"PUT", "/cache/{image_id}", "cache_image",
       [&api](ApiRequest& r) { return queue_image(api, r); }},
      {"DELETE", "/cache/{image_id}", "cache_delete",
       [&api](ApiRequest& r) { return drop_image(api, r); }},
  };
}

}  // namespace glance::api
