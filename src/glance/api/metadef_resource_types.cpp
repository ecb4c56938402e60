#include "glance/api/metadef_schemas.hpp"
#include "glance/api/metadefs.hpp"

namespace glance::api {
namespace {

using openstack::ApiRequest;
using platform::http::Response;

Response list_response(std::string_view name, const std::vector<Metadef>& types) {
  base::JsonWriter json;
  json.begin_object();
  json.key(name);
  json.begin_array();
  for (const Metadef& type : types) write_metadef(json, {}, type);
  json.end_array();
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response list_resource_types(const ImageApi& api, const ApiRequest& request) {
  return list_response("resource_types",
                       api.registry(request.context, ListResourceTypes{}).metadefs);
}

Response list_associations(const ImageApi& api, const ApiRequest& request) {
  return list_response("resource_type_associations",
                       list_metadefs(api, request, kMetadefResourceType).metadefs);
}

Response create_association(const ImageApi& api, const ApiRequest& request) {
  const Metadef wanted =
      to_metadef(kMetadefResourceType, metadef_body(request, metadef_resource_type_schema()));
  return metadef_response(201, {}, add_metadef(api, request, wanted));
}

}  // namespace

openstack::Routes metadef_resource_type_routes(const ImageApi& api) {
  constexpr std::string_view kAll = "/metadefs/namespaces/{namespace}/resource_types";
  constexpr std::string_view kOne =
      "/metadefs/namespaces/{namespace}/resource_types/{resource_type}";
  return {
      {"GET", "/metadefs/resource_types", "list_metadef_resource_types",
       [&api](ApiRequest& r) { return list_resource_types(api, r); }},
      {"GET", kAll, "get_metadef_resource_type",
       [&api](ApiRequest& r) { return list_associations(api, r); }},
      {"POST", kAll, "add_metadef_resource_type_association",
       [&api](ApiRequest& r) { return create_association(api, r); }},
      {"DELETE", kOne, "remove_metadef_resource_type_association",
       [&api](ApiRequest& r) {
         return delete_metadef(api, r, kMetadefResourceType, "resource_type");
       }},
  };
}

}  // namespace glance::api
