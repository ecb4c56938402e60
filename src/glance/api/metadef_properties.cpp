#include <fmt/core.h>

#include "glance/api/metadef_schemas.hpp"
#include "glance/api/metadefs.hpp"

namespace glance::api {
namespace {

using openstack::ApiRequest;
using platform::http::Response;

Metadef wanted_property(const ApiRequest& request) {
  return to_metadef(kMetadefProperty,
                    metadef_body(request, metadef_property_schema(PropertyName::member)));
}

Response list_properties(const ImageApi& api, const ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("properties");
  write_properties(json, list_metadefs(api, request, kMetadefProperty).metadefs);
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response create_property(const ImageApi& api, const ApiRequest& request) {
  return metadef_response(201, {}, add_metadef(api, request, wanted_property(request)));
}

// The name without the prefix that it has on resources of that type.
std::string name_on_resource(const ImageApi& api, const ApiRequest& request,
                             std::string_view resource_type) {
  const std::string& name = request.parameter("property_name");
  request.authorize("get_metadef_resource_type", {});
  const Metadef association =
      get_metadef(api, request, kMetadefResourceType, std::string(resource_type));
  const std::string prefix = base::text_or(association.body, "prefix");
  if (prefix.empty() || !name.starts_with(prefix))
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("Property {} does not start with the expected resource type association "
                    "prefix of '{}'.",
                    name, prefix));
  return name.substr(prefix.size());
}

Response show_property(const ImageApi& api, const ApiRequest& request) {
  const auto resource_type = request.query.get("resource_type");
  return metadef_response(200, {},
                          get_metadef(api, request, kMetadefProperty,
                                      resource_type ? name_on_resource(api, request, *resource_type)
                                                    : request.parameter("property_name")));
}

Response update_property(const ImageApi& api, const ApiRequest& request) {
  return metadef_response(
      200, {},
      update_metadef(api, request, request.parameter("property_name"), wanted_property(request)));
}

}  // namespace

openstack::Routes metadef_property_routes(const ImageApi& api) {
  constexpr std::string_view kAll = "/metadefs/namespaces/{namespace}/properties";
  constexpr std::string_view kOne = "/metadefs/namespaces/{namespace}/properties/{property_name}";
  return {
      {"GET", kAll, "get_metadef_properties",
       [&api](ApiRequest& r) { return list_properties(api, r); }},
      {"POST", kAll, "add_metadef_property",
       [&api](ApiRequest& r) { return create_property(api, r); }},
      {"DELETE", kAll, "delete_metadef_namespace",
       [&api](ApiRequest& r) { return delete_all_metadefs(api, r, kMetadefProperty); }},
      {"GET", kOne, "get_metadef_property",
       [&api](ApiRequest& r) { return show_property(api, r); }},
      {"PUT", kOne, "modify_metadef_property",
       [&api](ApiRequest& r) { return update_property(api, r); }},
      {"DELETE", kOne, "remove_metadef_property",
       [&api](ApiRequest& r) { return delete_metadef(api, r, kMetadefProperty, "property_name"); }},
  };
}

}  // namespace glance::api
