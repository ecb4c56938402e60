#include <fmt/core.h>

#include <array>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "glance/api/image_api.hpp"
#include "glance/api/image_attributes.hpp"
#include "glance/api/image_list.hpp"
#include "glance/api/image_locations.hpp"
#include "glance/api/image_patch.hpp"
#include "glance/api/image_view.hpp"
#include "openstack/paging.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using openstack::ApiRequest;
using platform::http::Response;

Response image_response(int status, const ImageApi& api, const ApiRequest& request, Image image) {
  base::JsonWriter json;
  write_view(json, api, request, std::move(image));
  return openstack::json_response(status, json.take());
}

void check_visibility_change(const ApiRequest& request, const std::string& visibility) {
  if (visibility == "public") request.authorize("publicize_image", {});
  if (visibility == "community") request.authorize("communitize_image", {});
}

Response list_images(const ImageApi& api, const ApiRequest& request) {
  const ListImages list = parse_image_list(api, request);
  const ImagePage page = api.registry(request.context, list);
  base::JsonWriter json;
  json.begin_object();
  json.key("images");
  if (list.rendered) {
    json.raw(page.documents);
  } else {
    json.begin_array();
    for (const Image& image : page.images) write_view(json, api, request, image);
    json.end_array();
  }
  json.field("first", first_page_url("/v2/images", request));
  if (list.limit > 0 && page.count == list.limit)
    json.field("next", openstack::next_page_url("", request.http, page.last_id));
  json.field("schema", "/v2/schemas/images");
  json.end_object();
  return openstack::json_response(200, json.take());
}

// ---- one image

void choose_id(Image& image, const Json& value) {
  if (!value.is_string() || !base::is_uuid(std::string_view(value.get_string())))
    throw Error(ErrorKind::bad_request, "The id of an image must be a UUID.");
  image.id = base::lower(std::string_view(value.get_string()));
}

// What was there before stays, whatever the quota.
void check_quotas(const ImageApi& api, const Image& image, const Image& before) {
  const auto check = [](size_t now, size_t old, int64_t quota, std::string_view what) {
    if (now > old) require_quota(static_cast<int64_t>(now), quota, what);
  };
  check(image.properties.size(), before.properties.size(), api.quotas.properties,
        "image properties");
  check(image.tags.size(), before.tags.size(), api.quotas.tags, "image tags");
}

Response create_image(const ImageApi& api, const ApiRequest& request) {
  if (!request.body.is_object())
    throw Error(ErrorKind::bad_request, "The request must have a JSON object as body.");
  Image image;
  image.id = api.runtime.random.uuid();
  image.owner = request.context.project_id();
  for (const auto& [name, value] : request.body.get_object()) {
    if (name == "id")
      choose_id(image, value);
    else
      set_attribute(image, std::string_view(name), value, api.image_formats);
  }
  if (!request.context.is_admin() && image.owner != request.context.project_id())
    throw Error(ErrorKind::forbidden,
                "You are not permitted to create images owned by another project.");
  for (const auto& [name, value] : image.properties)
    if (!may_use_property(api, request, name, PropertyAction::create)) refuse_reserved(name);
  check_visibility_change(request, image.visibility);
  check_quotas(api, image, Image{});
  Response response =
      image_response(201, api, request, api.registry(request.context, AddImage{image}));
  response.headers.set("Location", "/v2/images/" + image.id);
  response.headers.set("OpenStack-image-import-methods", base::join(api.import_rules.methods, ","));
  if (api.stores.have_names())
    response.headers.set("OpenStack-image-store-ids", base::join(api.stores.names(), ","));
  return response;
}

Response update_image(const ImageApi& api, const ApiRequest& request) {
  const Image before = api.own_image(request);
  Image image = before;
  const std::string visibility = image.visibility;
  const std::string owner = image.owner;
  auto hidden = hide_properties(api, request, image);
  apply_patch(image, request.http.headers.value("Content-Type"), request.body,
              {api.image_formats,
               [&](std::string_view name, PropertyAction action) {
                 return may_use_property(api, request, name, action);
               },
               [&](Image& changed, const LocationChange& change) {
                 change_locations(api, request, changed, change);
               }});
  image.properties.merge(hidden);  // what the patch has set stays
  check_quotas(api, image, before);
  if (image.visibility != visibility) check_visibility_change(request, image.visibility);
  if (image.owner != owner && !request.context.is_admin())
    throw Error(ErrorKind::forbidden, "Only an admin may give an image to another project.");
  const bool sets_locations = image.locations != before.locations;
  return image_response(
      200, api, request,
      api.registry(request.context, UpdateImage{image, sets_locations, api.quotas.storage}));
}

Response delete_image(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.own_image(request);
  static_cast<void>(api.registry(request.context, DeleteImage{image.id}));
  if (api.cache) api.cache->forget(image.id);
  return openstack::empty_response(204);
}

Response set_active(const ImageApi& api, const ApiRequest& request, bool active) {
  const Image image = api.own_image(request);
  static_cast<void>(api.registry(request.context, SetImageActive{image.id, active}));
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes image_routes(const ImageApi& api) {
  return {
      {"GET", "/images", "get_images", [&api](ApiRequest& r) { return list_images(api, r); }},
      {"POST", "/images", "add_image", [&api](ApiRequest& r) { return create_image(api, r); }},
      {"GET", "/images/{image_id}", "get_image",
       [&api](ApiRequest& r) { return image_response(200, api, r, api.visible_image(r)); }},
      {"PATCH", "/images/{image_id}", "modify_image",
       [&api](ApiRequest& r) { return update_image(api, r); }},
      {"DELETE", "/images/{image_id}", "delete_image",
       [&api](ApiRequest& r) { return delete_image(api, r); }},
      {"POST", "/images/{image_id}/actions/deactivate", "deactivate",
       [&api](ApiRequest& r) { return set_active(api, r, false); }},
      {"POST", "/images/{image_id}/actions/reactivate", "reactivate",
       [&api](ApiRequest& r) { return set_active(api, r, true); }},
  };
}

}  // namespace glance::api
