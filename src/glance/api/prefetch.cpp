#include "glance/api/prefetch.hpp"

#include "platform/log.hpp"

namespace glance::api {
namespace {

constexpr size_t kPrefetchChunk = size_t{1} << 20;

// False: broken off.
bool prefetch_bytes(const ImageApi& api, const Image& image, ImageCache::Filling& filling,
                    const std::function<bool()>& is_ending) {
  platform::http::Response bytes;
  bytes.stream = api.open_in_store(image, 0, std::nullopt);
  const auto reader = platform::http::take_body(bytes);
  std::string chunk(kPrefetchChunk, '\0');
  while (const size_t count = reader->read(chunk.data(), chunk.size())) {
    if (is_ending()) return false;
    filling.write({chunk.data(), count});
  }
  filling.commit();
  return true;
}

bool prefetch(const ImageApi& api, const std::string& id, const std::function<bool()>& is_ending) {
  openstack::Context nobody;
  const Image image = api.registry(nobody, GetImage{id, {"", true}});
  if (image.status != "active" || api.cache->open(image, 0, std::nullopt)) return true;
  const auto filling = api.cache->fill(image);
  return !filling || prefetch_bytes(api, image, *filling, is_ending);
}

}  // namespace

void prefetch_queued(const ImageApi& api, const std::function<bool()>& is_ending) {
  for (const std::string& id : api.cache->queued()) {
    try {
      if (is_ending() || !prefetch(api, id, is_ending)) return;
    } catch (const base::Error& error) {
      platform::log_warning("image not cached image={} error={}", id, error.what());
    }
    api.cache->unqueue(id);
  }
}

}  // namespace glance::api
