#include "glance/api/metadefs.hpp"

#include <fmt/core.h>

#include <array>

#include "base/text.hpp"
#include "glance/api/metadef_schemas.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonObject;
using openstack::ApiRequest;
using platform::http::Response;

constexpr size_t kMetadefNameLimit = 80;
constexpr size_t kBodyLimit = 65535;  // of a TEXT column

constexpr std::array kSortableMetadefs{
    openstack::SortableColumn{"name", "name"},
    openstack::SortableColumn{"created_at", "created_at"},
    openstack::SortableColumn{"updated_at", "updated_at"},
};

openstack::Page parse_metadef_page(const ApiRequest& request) {
  openstack::PageRules rules;
  rules.sortable = kSortableMetadefs;
  rules.default_sort = {{"created_at", openstack::SortDirection::descending},
                        {"name", openstack::SortDirection::descending}};
  return openstack::parse_page(request.query, rules);
}

void write_times(base::JsonWriter& json, const Metadef& metadef) {
  json.field("created_at", base::format_seconds(metadef.created_at));
  json.field("updated_at", base::format_seconds(metadef.updated_at));
}

// Clients rely on these being there.
void write_object_members(base::JsonWriter& json, const std::string& namespace_name,
                          const Metadef& object) {
  if (!base::find(object.body, "required")) json.field("required", base::JsonArray());
  if (!base::find(object.body, "properties")) json.field("properties", JsonObject());
  json.joined("self", {"/v2/metadefs/namespaces/", base::percent_encode(namespace_name),
                       "/objects/", base::percent_encode(object.name)});
  json.field("schema", "/v2/schemas/metadefs/object");
}

}  // namespace

const Json& metadef_body(const ApiRequest& request, const ResourceSchema& schema) {
  for (const std::string_view name : {"self", "schema", "created_at", "updated_at"})
    if (base::find(request.body, name))
      throw Error(ErrorKind::forbidden, fmt::format("Attribute '{}' is read-only.", name));
  schema.validate(request.body);
  return request.body;
}

Metadef to_metadef(std::string_view kind, const Json& object) {
  Metadef metadef;
  metadef.kind = kind;
  metadef.name = base::text_or(object, "name");
  const auto length = base::utf8_length(metadef.name);
  if (!length || *length == 0 || *length > kMetadefNameLimit)
    throw Error(
        ErrorKind::bad_request,
        fmt::format("The name of a {} must have 1 to {} characters.", kind, kMetadefNameLimit));
  metadef.body = object;
  metadef.body.as_object().erase("name");
  if (base::to_text(metadef.body).size() > kBodyLimit)
    throw Error(ErrorKind::bad_request,
                fmt::format("The {} {} is larger than {} bytes.", kind, metadef.name, kBodyLimit));
  return metadef;
}

std::vector<Metadef> to_properties(const Json& properties) {
  std::vector<Metadef> metadefs;
  for (const auto& [name, value] : properties.as_object()) {
    metadef_property_schema(PropertyName::key).validate(value);
    Json property = value;
    property.as_object()["name"] = name;
    metadefs.push_back(to_metadef(kMetadefProperty, property));
  }
  return metadefs;
}

void check_properties(const Json& object) {
  if (const Json* properties = base::find(object, "properties"))
    for (const auto& [name, value] : properties->as_object())
      metadef_property_schema(PropertyName::key).validate(value);
}

void write_metadef(base::JsonWriter& json, const std::string& namespace_name,
                   const Metadef& metadef) {
  json.begin_object();
  json.field("name", metadef.name);
  for (const auto& [name, value] : metadef.body.as_object()) json.field(name, value);
  if (metadef.kind == kMetadefObject) write_object_members(json, namespace_name, metadef);
  if (metadef.kind != kMetadefProperty) write_times(json, metadef);
  json.end_object();
}

Response metadef_response(int status, const std::string& namespace_name, const Metadef& metadef) {
  base::JsonWriter json;
  write_metadef(json, namespace_name, metadef);
  return openstack::json_response(status, json.take());
}

void write_properties(base::JsonWriter& json, const std::vector<Metadef>& properties) {
  json.begin_object();
  for (const Metadef& property : properties)
    if (property.kind == kMetadefProperty) json.field(property.name, property.body);
  json.end_object();
}

MetadefList list_metadefs(const ImageApi& api, const ApiRequest& request, std::string_view kind) {
  const openstack::Page page = parse_metadef_page(request);
  ListMetadefs list{request.parameter("namespace"),
                    ImageApi::viewer(request.context),
                    std::string(kind),
                    sort_of(page),
                    page.marker,
                    page.limit};
  return api.registry(request.context, list);
}

Metadef add_metadef(const ImageApi& api, const ApiRequest& request, Metadef metadef) {
  AddMetadefs add{
      request.parameter("namespace"), ImageApi::viewer(request.context), {std::move(metadef)}, {}};
  return std::move(api.registry(request.context, add).metadefs.at(0));
}

Metadef get_metadef(const ImageApi& api, const ApiRequest& request, std::string_view kind,
                    const std::string& name) {
  return api.registry(request.context,
                      GetMetadef{request.parameter("namespace"), ImageApi::viewer(request.context),
                                 std::string(kind), name});
}

Metadef update_metadef(const ImageApi& api, const ApiRequest& request, const std::string& name,
                       Metadef metadef) {
  return api.registry(request.context,
                      UpdateMetadef{request.parameter("namespace"),
                                    ImageApi::viewer(request.context), name, std::move(metadef)});
}

Response delete_metadef(const ImageApi& api, const ApiRequest& request, std::string_view kind,
                        std::string_view parameter) {
  static_cast<void>(
      api.registry(request.context,
                   DeleteMetadefs{request.parameter("namespace"), ImageApi::viewer(request.context),
                                  std::string(kind), request.parameter(parameter)}));
  return openstack::empty_response(204);
}

Response delete_all_metadefs(const ImageApi& api, const ApiRequest& request,
                             std::string_view kind) {
  static_cast<void>(api.registry(request.context, DeleteMetadefs{request.parameter("namespace"),
                                                                 ImageApi::viewer(request.context),
                                                                 std::string(kind), std::nullopt}));
  return openstack::empty_response(204);
}

}  // namespace glance::api
