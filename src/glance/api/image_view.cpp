#include "glance/api/image_view.hpp"

#include "glance/api/image_locations.hpp"

namespace glance::api {

bool may_use_property(const ImageApi& api, const openstack::ApiRequest& request,
                      std::string_view name, PropertyAction action) {
  return api.protection->allows(request.context, request.policy, name, action);
}

std::map<std::string, std::optional<std::string>> hide_properties(
    const ImageApi& api, const openstack::ApiRequest& request, Image& image) {
  std::map<std::string, std::optional<std::string>> hidden;
  for (auto it = image.properties.begin(); it != image.properties.end();)
    if (const auto here = it++; !may_use_property(api, request, here->first, PropertyAction::read))
      hidden.insert(image.properties.extract(here));
  return hidden;
}

void write_view(base::JsonWriter& json, const ImageApi& api, const openstack::ApiRequest& request,
                Image image) {
  static_cast<void>(hide_properties(api, request, image));
  write_image(json, image, shown_locations(api, request, image));
}

}  // namespace glance::api
