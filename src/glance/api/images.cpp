#include <fmt/core.h>

#include <array>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "glance/api/image_api.hpp"
#include "glance/api/image_attributes.hpp"
#include "glance/api/image_patch.hpp"
#include "openstack/paging.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using openstack::ApiRequest;
using platform::http::Response;

constexpr std::array kSortable{
    openstack::SortableColumn{"name", "name"},
    openstack::SortableColumn{"status", "status"},
    openstack::SortableColumn{"container_format", "container_format"},
    openstack::SortableColumn{"disk_format", "disk_format"},
    openstack::SortableColumn{"size", "size"},
    openstack::SortableColumn{"id", "id"},
    openstack::SortableColumn{"created_at", "created_at"},
    openstack::SortableColumn{"updated_at", "updated_at"},
    openstack::SortableColumn{"min_ram", "min_ram"},
    openstack::SortableColumn{"min_disk", "min_disk"},
};

Response image_response(int status, const Image& image) {
  base::JsonWriter json;
  write_image(json, image);
  return openstack::json_response(status, json.take());
}

void check_visibility_change(const ApiRequest& request, const std::string& visibility) {
  if (visibility == "public") request.authorize("publicize_image", {});
  if (visibility == "community") request.authorize("communitize_image", {});
}

// ---- filters of a list

// "in:a,b" and the comparison operators; a plain value means equality.
ImageFilter comparison(std::string_view field, std::string_view value) {
  constexpr std::array<std::string_view, 5> kOperators{"gte", "gt", "lte", "lt", "neq"};
  const size_t colon = value.find(':');
  const std::string_view word = value.substr(0, colon == std::string_view::npos ? 0 : colon);
  ImageFilter filter{std::string(field), "in", {}};
  if (word == "in") {
    for (const std::string_view item : base::split(value.substr(colon + 1), ','))
      filter.values.emplace_back(base::replace_all(std::string(item), "\"", ""));
    return filter;
  }
  for (const std::string_view known : kOperators)
    if (word == known) {
      filter.operation = known;
      filter.values.emplace_back(value.substr(colon + 1));
      return filter;
    }
  if (word == "eq") value = value.substr(colon + 1);
  filter.values.emplace_back(value);
  return filter;
}

ImageFilter time_filter(std::string_view field, std::string_view value) {
  ImageFilter filter = comparison(field, value);
  for (const std::string& time : filter.values)
    if (!base::parse_time(time))
      throw Error(ErrorKind::bad_request,
                  fmt::format("Invalid time format: {}. Use ISO 8601.", time));
  return filter;
}

ImageFilter number_filter(std::string_view field, std::string_view operation,
                          std::string_view value) {
  if (!base::parse_integer(value))
    throw Error(ErrorKind::bad_request, fmt::format("Bad value for {}: '{}'", field, value));
  return {std::string(field), std::string(operation), {std::string(value)}};
}

bool flag(std::string_view name, std::string_view value) {
  const auto parsed = base::parse_boolean(value);
  if (!parsed) throw Error(ErrorKind::bad_request, fmt::format("{} must be True or False.", name));
  return *parsed;
}

void add_filter(ListImages& list, std::string_view name, std::string_view value) {
  if (name == "limit" || name == "marker" || name == "sort" || name == "sort_key" ||
      name == "sort_dir")
    return;
  if (name == "visibility") {
    for (const std::string_view known : {"public", "private", "community", "shared", "all"})
      if (value == known) {
        list.visibility = value;
        return;
      }
    throw Error(ErrorKind::bad_request, fmt::format("Invalid visibility value: {}", value));
  }
  if (name == "member_status") {
    for (const std::string_view known : {"accepted", "pending", "rejected", "all"})
      if (value == known) {
        list.member_status = value;
        return;
      }
    throw Error(ErrorKind::bad_request, fmt::format("Invalid status: {}", value));
  }
  if (name == "os_hidden") {
    list.hidden = flag(name, value);
  } else if (name == "tag") {
    list.tags.emplace_back(value);
  } else if (name == "protected") {
    list.filters.push_back({"is_protected", "in", {flag(name, value) ? "1" : "0"}});
  } else if (name == "created_at" || name == "updated_at") {
    list.filters.push_back(time_filter(name, value));
  } else if (name == "size_min") {
    list.filters.push_back(number_filter("size", "gte", value));
  } else if (name == "size_max") {
    list.filters.push_back(number_filter("size", "lte", value));
  } else if (name == "min_ram" || name == "min_disk" || name == "size") {
    list.filters.push_back(number_filter(name, "in", value));
  } else if (name == "name" || name == "status" || name == "id" || name == "owner" ||
             name == "disk_format" || name == "container_format" || name == "checksum" ||
             name == "os_hash_value" || name == "os_hash_algo") {
    list.filters.push_back(comparison(name, value));
  } else {
    list.filters.push_back({fmt::format("property:{}", name), "in", {std::string(value)}});
  }
}

ListImages parse_list(const ImageApi& api, const ApiRequest& request) {
  openstack::PageRules rules;
  rules.max_limit = api.max_limit;
  rules.default_limit = api.default_limit;
  rules.sortable = kSortable;
  rules.default_sort = {{"created_at", openstack::SortDirection::descending},
                        {"id", openstack::SortDirection::descending}};
  const openstack::Page page = openstack::parse_page(request.query, rules);
  ListImages list;
  list.viewer = ImageApi::viewer(request.context);
  list.marker = page.marker;
  list.limit = page.limit.value_or(api.default_limit);
  list.sort = sort_of(page);
  for (const auto& [name, value] : request.query.items) add_filter(list, name, value);
  return list;
}

Response list_images(const ImageApi& api, const ApiRequest& request) {
  const ListImages list = parse_list(api, request);
  const ImagePage page = api.registry(request.context, list);
  base::JsonWriter json;
  json.begin_object();
  json.key("images");
  json.raw(page.documents);
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
      set_attribute(image, std::string_view(name), value);
  }
  if (!request.context.is_admin() && image.owner != request.context.project_id())
    throw Error(ErrorKind::forbidden,
                "You are not permitted to create images owned by another project.");
  check_visibility_change(request, image.visibility);
  check_quotas(api, image, Image{});
  Response response = image_response(201, api.registry(request.context, AddImage{image}));
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
  apply_patch(image, request.http.headers.value("Content-Type"), request.body);
  check_quotas(api, image, before);
  if (image.visibility != visibility) check_visibility_change(request, image.visibility);
  if (image.owner != owner && !request.context.is_admin())
    throw Error(ErrorKind::forbidden, "Only an admin may give an image to another project.");
  return image_response(200, api.registry(request.context, UpdateImage{image}));
}

Response delete_image(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.own_image(request);
  static_cast<void>(api.registry(request.context, DeleteImage{image.id}));
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
       [&api](ApiRequest& r) { return image_response(200, api.visible_image(r)); }},
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
