#include "glance/api/image_api.hpp"

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "glance/api/inspected_source.hpp"
#include "platform/log.hpp"

namespace glance::api {

Image ImageApi::own_image(const openstack::ApiRequest& request) const {
  Image image = visible_image(request);
  if (!request.context.is_admin() && image.owner != request.context.project_id())
    throw base::Error(base::ErrorKind::forbidden, "You are not permitted to modify this image.");
  return image;
}

std::shared_ptr<platform::http::BodySource> ImageApi::open_data(
    const Image& image, uint64_t offset, std::optional<uint64_t> length) const {
  if (!cache) return open_in_store(image, offset, length);
  if (auto cached = cache->open(image, offset, length)) return cached;
  auto source = open_in_store(image, offset, length);
  return offset == 0 && !length ? cache->keep(image, std::move(source)) : source;
}

std::vector<ImageLocation> ImageApi::by_weight(std::vector<ImageLocation> locations) const {
  const auto weight = [this](const ImageLocation& location) {
    return stores.weight_of(location.store);
  };
  std::vector<ImageLocation> sorted;
  for (ImageLocation& location : locations) {
    // Behind those of the same weight.
    const auto place = std::ranges::upper_bound(sorted, weight(location), std::greater{}, weight);
    sorted.insert(place, std::move(location));
  }
  return sorted;
}

std::shared_ptr<platform::http::BodySource> ImageApi::open_in_store(
    const Image& image, uint64_t offset, std::optional<uint64_t> length) const {
  if (image.locations.empty())
    throw base::Error(base::ErrorKind::not_found, "No image data could be found");
  const auto open = [&](const ImageLocation& location) {
    auto source = stores.holding(location.url).open(location.url, offset, length);
    const bool whole = offset == 0 && !length;
    return whole && !is_of_upload(location.url) ? inspected(*this, image, std::move(source))
                                                : source;
  };
  const auto locations = by_weight(image.locations);
  for (size_t i = 0; i + 1 < locations.size(); ++i) {
    try {
      return open(locations[i]);
    } catch (const base::Error& error) {
      platform::log_warning(
          "image data not to be had, trying another location image={} location={} error={}",
          image.id, locations[i].url, error.what());
    }
  }
  return open(locations.back());
}

std::vector<SortBy> sort_of(const openstack::Page& page) {
  std::vector<SortBy> sort;
  for (const openstack::SortKey& key : page.sort)
    sort.push_back({key.column, key.direction == openstack::SortDirection::ascending});
  return sort;
}

void require_octet_stream(const openstack::ApiRequest& request) {
  const std::string_view type = request.http.headers.value("Content-Type");
  if (!base::equals_ignoring_case(base::trim(base::split(type, ';').front()),
                                  "application/octet-stream"))
    throw base::Error(base::ErrorKind::unsupported_media_type,
                      "Send image data as application/octet-stream.");
}

std::string first_page_url(std::string_view path, const openstack::ApiRequest& request) {
  platform::http::Query query = request.query;
  std::erase_if(query.items, [](const auto& item) { return item.first == "marker"; });
  std::string url(path);
  if (!query.items.empty()) url += "?" + platform::http::to_text(query);
  return url;
}

}  // namespace glance::api
