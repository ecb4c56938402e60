#include "glance/api/image_api.hpp"

#include "base/text.hpp"

namespace glance::api {

Image ImageApi::own_image(const openstack::ApiRequest& request) const {
  Image image = visible_image(request);
  if (!request.context.is_admin() && image.owner != request.context.project_id())
    throw base::Error(base::ErrorKind::forbidden, "You are not permitted to modify this image.");
  return image;
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
