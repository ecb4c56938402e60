// What clients are told of stores and ways of import, and an image's removal from one store.
#include <fmt/core.h>

#include <algorithm>

#include "glance/api/image_api.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;
using platform::http::Response;

Response import_info(const ImageApi& api) {
  base::JsonWriter json;
  json.begin_object();
  json.key("import-methods");
  json.begin_object();
  json.field("description", "Import methods available.");
  json.field("type", "array");
  json.field("value", api.import_rules.methods);
  json.end_object();
  json.end_object();
  return openstack::json_response(200, json.take());
}

void require_names(const ImageApi& api) {
  if (!api.stores.have_names())
    throw Error(ErrorKind::not_found, "Multi backend is not supported at this site.");
}

enum class Detail { no, yes };

Response stores_info(const ImageApi& api, Detail detail) {
  require_names(api);
  base::JsonWriter json;
  json.begin_object();
  json.key("stores");
  json.begin_array();
  for (const drivers::NamedStore& store : api.stores.all()) {
    json.begin_object();
    json.field("id", store.id);
    if (!store.description.empty()) json.field("description", store.description);
    if (store.id == api.stores.default_id()) json.field("default", "true");
    if (store.is_read_only()) json.field("read-only", "true");
    if (detail == Detail::yes) {
      json.field("type", store.type);
      json.field("weight", store.weight);
      json.key("properties");
      json.value(base::Json(store.properties));
    }
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return openstack::json_response(200, json.take());
}

// Of limits that Keystone keeps: user_storage_quota is none of them.
Response usage_info() { return openstack::json_response(200, R"({"usage":{}})"); }

Response delete_from_store(const ImageApi& api, const ApiRequest& request) {
  require_names(api);
  const std::string& store = request.parameter("store_id");
  const auto names = api.stores.names();
  if (std::ranges::find(names, store) == names.end())
    throw Error(ErrorKind::conflict,
                fmt::format("The selected store {} is not available on this node.", store));
  const Image image = api.visible_image(request);
  request.authorize("get_image_location", {});
  static_cast<void>(api.registry(request.context, DeleteFromStore{image.id, store}));
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes store_routes(const ImageApi& api) {
  return {
      {"GET", "/info/import", "get_info", [&api](ApiRequest&) { return import_info(api); }},
      {"GET", "/info/stores", "get_info",
       [&api](ApiRequest&) { return stores_info(api, Detail::no); }},
      {"GET", "/info/stores/detail", "stores_info_detail",
       [&api](ApiRequest&) { return stores_info(api, Detail::yes); }},
      {"GET", "/info/usage", "get_info", [](ApiRequest&) { return usage_info(); }},
      {"DELETE", "/stores/{store_id}/{image_id}", "delete_image_location",
       [&api](ApiRequest& r) { return delete_from_store(api, r); }},
  };
}

}  // namespace glance::api
