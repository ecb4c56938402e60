#include "glance/api/metadef_schemas.hpp"
#include "glance/api/metadefs.hpp"

namespace glance::api {
namespace {

using openstack::ApiRequest;
using platform::http::Response;

Metadef wanted_object(const ApiRequest& request) {
  const base::Json& body = metadef_body(request, metadef_object_schema());
  check_properties(body);
  return to_metadef(kMetadefObject, body);
}

Response list_objects(const ImageApi& api, const ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("objects");
  json.begin_array();
  for (const Metadef& object : list_metadefs(api, request, kMetadefObject).metadefs)
    write_metadef(json, request.parameter("namespace"), object);
  json.end_array();
  json.field("schema", "/v2/schemas/metadefs/objects");
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response create_object(const ImageApi& api, const ApiRequest& request) {
  return metadef_response(201, request.parameter("namespace"),
                          add_metadef(api, request, wanted_object(request)));
}

Response show_object(const ImageApi& api, const ApiRequest& request) {
  return metadef_response(
      200, request.parameter("namespace"),
      get_metadef(api, request, kMetadefObject, request.parameter("object_name")));
}

Response update_object(const ImageApi& api, const ApiRequest& request) {
  return metadef_response(
      200, request.parameter("namespace"),
      update_metadef(api, request, request.parameter("object_name"), wanted_object(request)));
}

}  // namespace

openstack::Routes metadef_object_routes(const ImageApi& api) {
  constexpr std::string_view kAll = "/metadefs/namespaces/{namespace}/objects";
  constexpr std::string_view kOne = "/metadefs/namespaces/{namespace}/objects/{object_name}";
  return {
      {"GET", kAll, "get_metadef_objects", [&api](ApiRequest& r) { return list_objects(api, r); }},
      {"POST", kAll, "add_metadef_object", [&api](ApiRequest& r) { return create_object(api, r); }},
      {"DELETE", kAll, "delete_metadef_namespace",
       [&api](ApiRequest& r) { return delete_all_metadefs(api, r, kMetadefObject); }},
      {"GET", kOne, "get_metadef_object", [&api](ApiRequest& r) { return show_object(api, r); }},
      {"PUT", kOne, "modify_metadef_object",
       [&api](ApiRequest& r) { return update_object(api, r); }},
      {"DELETE", kOne, "delete_metadef_object",
       [&api](ApiRequest& r) { return delete_metadef(api, r, kMetadefObject, "object_name"); }},
  };
}

}  // namespace glance::api
