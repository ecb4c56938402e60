#include <fmt/core.h>

#include <array>

#include "glance/api/image_api.hpp"
#include "glance/api/image_attributes.hpp"
#include "glance/api/metadef_schemas.hpp"

namespace glance::api {
namespace {

using openstack::ApiRequest;

constexpr std::string_view kMemberSchema =
    R"({"name":"member","properties":{"member_id":{"type":"string"},"image_id":{"type":"string"},)"
    R"("created_at":{"type":"string"},"updated_at":{"type":"string"},)"
    R"("status":{"type":"string","enum":["pending","accepted","rejected"]},)"
    R"("schema":{"readOnly":true,"type":"string"}}})";

std::string list_schema(std::string_view name, std::string_view item_schema) {
  return fmt::format(
      R"({{"name":"{0}","properties":{{"{0}":{{"type":"array","items":{1}}},)"
      R"("first":{{"type":"string"}},"next":{{"type":"string"}},"schema":{{"type":"string"}}}},)"
      R"("links":[{{"href":"{{first}}","rel":"first"}},{{"href":"{{next}}","rel":"next"}},)"
      R"({{"href":"{{schema}}","rel":"describedby"}}]}})",
      name, item_schema);
}

// A task as glance/api/v2/tasks.py describes it; a list has them without the last three.
const ResourceSchema& task_schema() {
  static const ResourceSchema schema(
      {"task",
       R"({"id":{"type":"string","description":"An identifier for the task"},)"
       R"("type":{"type":"string","enum":["import","api_image_import","location_import"]},)"
       R"("status":{"type":"string","enum":["pending","processing","success","failure"]},)"
       R"("owner":{"type":"string"},"image_id":{"type":"string"},"request_id":{"type":"string"},)"
       R"("user_id":{"type":"string"},"expires_at":{"type":"string"},)"
       R"("created_at":{"type":"string"},"updated_at":{"type":"string"},)"
       R"("self":{"readOnly":true,"type":"string"},"schema":{"readOnly":true,"type":"string"},)"
       R"("input":{"type":["null","object"]},"result":{"type":["null","object"]},)"
       R"("message":{"type":"string"}})"});
  return schema;
}

openstack::ApiHandler document(std::string text) {
  return [text = std::move(text)](ApiRequest&) { return openstack::json_response(200, text); };
}

// glance/api/versions.py: those of the cache are told by who has one, those of stores with names by
// who has them.
bool has_version(const ImageApi& api, int minor) {
  if (minor == 16 || minor == 14) return api.cache != nullptr;
  if (minor == 8 || (minor >= 10 && minor <= 13)) return api.stores.have_names();
  return true;
}

std::string version_list(const ImageApi& api) {
  constexpr std::array kMinor{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  const int newest = api.cache ? 16 : 15;
  base::JsonWriter json;
  json.begin_object();
  json.key("versions");
  json.begin_array();
  for (const int minor : kMinor) {
    if (!has_version(api, minor)) continue;
    json.begin_object();
    json.field("id", fmt::format("v2.{}", minor));
    json.field("status", minor == newest ? "CURRENT" : "SUPPORTED");
    json.key("links");
    json.raw(R"([{"rel":"self","href":"/v2/"}])");
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

// Clients follow the link: it must be absolute, with the host by which they came.
platform::http::Response versions(const ImageApi& api, const ApiRequest& request, int status) {
  std::string text = version_list(api);
  const std::string origin = platform::http::origin(request.http, "127.0.0.1:9292");
  const size_t length = std::string_view("\"/v2/\"").size();
  for (size_t at = 0; (at = text.find("\"/v2/\"", at)) != std::string::npos; at += 10)
    text.replace(at, length, fmt::format("\"{}/v2/\"", origin));
  return openstack::json_response(status, std::move(text));
}

}  // namespace

openstack::Routes schema_routes(const ImageApi& api) {
  const std::string image = image_schema(api.image_formats);
  return {
      {"GET", "/schemas/image", "get_schema", document(image)},
      {"GET", "/schemas/images", "get_schema", document(list_schema("images", image))},
      {"GET", "/schemas/member", "get_schema", document(std::string(kMemberSchema))},
      {"GET", "/schemas/members", "get_schema", document(list_schema("members", kMemberSchema))},
      {"GET", "/schemas/task", "get_schema", document(task_schema().document())},
      {"GET", "/schemas/tasks", "get_schema", document(task_schema().list_document("tasks"))},
      {"GET", "/schemas/metadefs/namespace", "get_schema",
       document(metadef_namespace_schema().document())},
      {"GET", "/schemas/metadefs/namespaces", "get_schema",
       document(metadef_namespace_schema().list_document("namespaces"))},
      {"GET", "/schemas/metadefs/resource_type", "get_schema",
       document(metadef_resource_type_schema().document())},
      {"GET", "/schemas/metadefs/resource_types", "get_schema",
       document(metadef_resource_type_schema().list_document("resource_type_associations"))},
      {"GET", "/schemas/metadefs/property", "get_schema",
       document(metadef_property_schema(PropertyName::member).document())},
      {"GET", "/schemas/metadefs/properties", "get_schema",
       document(metadef_property_schema(PropertyName::key).map_document("properties"))},
      {"GET", "/schemas/metadefs/object", "get_schema",
       document(metadef_object_schema().document())},
      {"GET", "/schemas/metadefs/objects", "get_schema",
       document(metadef_object_schema().list_document("objects"))},
      {"GET", "/schemas/metadefs/tag", "get_schema", document(metadef_tag_schema().document())},
      {"GET", "/schemas/metadefs/tags", "get_schema",
       document(metadef_tag_schema().list_document("tags"))},
  };
}

openstack::Routes version_routes(const ImageApi& api) {
  return {
      {"GET", "/", openstack::kPublic, [&api](ApiRequest& r) { return versions(api, r, 300); }},
      {"GET", "/versions", openstack::kPublic,
       [&api](ApiRequest& r) { return versions(api, r, 200); }},
  };
}

}  // namespace glance::api
