#include <fmt/core.h>

#include <array>

#include "base/text.hpp"
#include "glance/api/metadef_schemas.hpp"
#include "glance/api/metadefs.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonObject;
using openstack::ApiRequest;
using platform::http::Response;

constexpr std::string_view kNamespacesPath = "/v2/metadefs/namespaces";

constexpr std::array kSortableNamespaces{
    openstack::SortableColumn{"namespace", "name"},
    openstack::SortableColumn{"created_at", "created_at"},
    openstack::SortableColumn{"updated_at", "updated_at"},
    openstack::SortableColumn{"id", "id"},
};

// The members of a namespace that are lists, and what they hold.
struct ListMember {
  std::string_view name;
  std::string_view kind;
};
constexpr std::array kListMembers{
    ListMember{"objects", kMetadefObject},
    ListMember{"tags", kMetadefTag},
    ListMember{"resource_type_associations", kMetadefResourceType},
};

bool holds(const MetadefContents& contents, std::string_view kind) {
  return std::ranges::find(contents.metadefs, kind, &Metadef::kind) != contents.metadefs.end();
}

// ---- views

// Of its tags a namespace tells the names only.
void write_held(base::JsonWriter& json, const std::string& namespace_name, const Metadef& metadef) {
  if (metadef.kind != kMetadefTag) {
    write_metadef(json, namespace_name, metadef);
    return;
  }
  json.begin_object();
  json.field("name", metadef.name);
  json.end_object();
}

void write_contents(base::JsonWriter& json, const MetadefContents& contents) {
  for (const ListMember& member : kListMembers) {
    if (!holds(contents, member.kind)) continue;
    json.key(member.name);
    json.begin_array();
    for (const Metadef& metadef : contents.metadefs)
      if (metadef.kind == member.kind) write_held(json, contents.space.name, metadef);
    json.end_array();
  }
  if (!holds(contents, kMetadefProperty)) return;
  json.key("properties");
  write_properties(json, contents.metadefs);
}

void write_namespace(base::JsonWriter& json, const MetadefContents& contents) {
  const MetadefNamespace& space = contents.space;
  json.begin_object();
  json.field("namespace", space.name);
  if (space.display_name) json.field("display_name", *space.display_name);
  if (space.description) json.field("description", *space.description);
  json.field("visibility", space.visibility);
  json.field("protected", space.is_protected);
  json.field("owner", space.owner);
  json.field("created_at", base::format_seconds(space.created_at));
  json.field("updated_at", base::format_seconds(space.updated_at));
  json.joined("self", {kNamespacesPath, "/", base::percent_encode(space.name)});
  json.field("schema", "/v2/schemas/metadefs/namespace");
  write_contents(json, contents);
  json.end_object();
}

Response namespace_response(int status, const MetadefContents& contents) {
  base::JsonWriter json;
  write_namespace(json, contents);
  return openstack::json_response(status, json.take());
}

// ---- what clients send

std::optional<std::string> text_if(const Json& body, std::string_view name) {
  const Json* member = base::find(body, name);
  return member ? std::optional<std::string>(member->as_string()) : std::nullopt;
}

// The schema has seen the body.
MetadefNamespace wanted_namespace(const ApiRequest& request, const Json& body) {
  MetadefNamespace space;
  space.name = base::get_text(body, "namespace");
  if (space.name.empty()) throw Error(ErrorKind::bad_request, "A namespace must have a name.");
  space.display_name = text_if(body, "display_name");
  space.description = text_if(body, "description");
  space.visibility = base::text_or(body, "visibility", "private");
  space.is_protected = base::boolean_or(body, "protected", false);
  space.owner = base::text_or(body, "owner", request.context.project_id());
  if (space.owner != request.context.project_id() && !request.context.is_admin())
    throw Error(ErrorKind::forbidden,
                "You are not permitted to create namespace owned by another project.");
  return space;
}

std::vector<Metadef> wanted_contents(const Json& body) {
  std::vector<Metadef> metadefs;
  for (const ListMember& member : kListMembers) {
    const Json* items = base::find(body, member.name);
    if (!items) continue;
    for (const Json& item : items->as_array()) {
      check_properties(item);
      metadefs.push_back(to_metadef(member.kind, item));
    }
  }
  if (const Json* properties = base::find(body, "properties"))
    for (Metadef& property : to_properties(*properties)) metadefs.push_back(std::move(property));
  return metadefs;
}

std::string visibility_filter(const ApiRequest& request) {
  const std::string visibility(request.query.get("visibility").value_or(""));
  if (!visibility.empty() && visibility != "public" && visibility != "private")
    throw Error(ErrorKind::bad_request, fmt::format("Invalid visibility value: {}", visibility));
  return visibility;
}

ListMetadefNamespaces parse_namespace_list(const ImageApi& api, const ApiRequest& request) {
  openstack::PageRules rules;
  rules.max_limit = api.max_limit;
  rules.default_limit = api.default_limit;
  rules.sortable = kSortableNamespaces;
  rules.default_sort = {{"created_at", openstack::SortDirection::descending},
                        {"id", openstack::SortDirection::descending}};
  const openstack::Page page = openstack::parse_page(request.query, rules);
  ListMetadefNamespaces list;
  list.viewer = ImageApi::viewer(request.context);
  list.visibility = visibility_filter(request);
  if (const auto types = request.query.get("resource_types"))
    for (const std::string_view type : base::split(*types, ','))
      list.resource_types.emplace_back(type);
  list.sort = sort_of(page);
  list.marker = page.marker;
  list.limit = page.limit.value_or(api.default_limit);
  return list;
}

// ---- names on resources of a type

JsonObject prefixed(const JsonObject& properties, const std::string& prefix) {
  JsonObject renamed;
  for (const auto& [name, value] : properties) renamed[prefix + std::string(name)] = value;
  return renamed;
}

void prefix_object(JsonObject& object, const std::string& prefix) {
  if (const Json* properties = object.if_contains("properties"))
    object["properties"] = prefixed(properties->as_object(), prefix);
  if (Json* required = object.if_contains("required"))
    for (Json& name : required->as_array()) name = prefix + std::string(name.as_string());
}

// Properties as they are named on resources of that type.
void prefix_properties(MetadefContents& contents, std::string_view resource_type) {
  std::string prefix;
  for (const Metadef& metadef : contents.metadefs)
    if (metadef.kind == kMetadefResourceType && metadef.name == resource_type)
      prefix = base::text_or(metadef.body, "prefix");
  for (Metadef& metadef : contents.metadefs) {
    if (metadef.kind == kMetadefProperty) metadef.name.insert(0, prefix);
    if (metadef.kind == kMetadefObject) prefix_object(metadef.body.as_object(), prefix);
  }
}

// ---- handlers

Response list_namespaces(const ImageApi& api, const ApiRequest& request) {
  const ListMetadefNamespaces list = parse_namespace_list(api, request);
  const auto namespaces = api.registry(request.context, list).namespaces;
  base::JsonWriter json;
  json.begin_object();
  json.key("namespaces");
  json.begin_array();
  for (const MetadefContents& contents : namespaces) write_namespace(json, contents);
  json.end_array();
  json.field("first", first_page_url(kNamespacesPath, request));
  if (!namespaces.empty() && static_cast<int64_t>(namespaces.size()) == list.limit)
    json.field("next", openstack::next_page_url("", request.http, namespaces.back().space.name));
  json.field("schema", "/v2/schemas/metadefs/namespaces");
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response create_namespace(const ImageApi& api, const ApiRequest& request) {
  const Json& body = metadef_body(request, metadef_namespace_schema());
  AddMetadefNamespace add{{wanted_namespace(request, body), wanted_contents(body)}};
  const MetadefContents contents = api.registry(request.context, add);
  Response response = namespace_response(201, contents);
  response.headers.set(
      "Location", fmt::format("{}/{}", kNamespacesPath, base::percent_encode(contents.space.name)));
  return response;
}

Response show_namespace(const ImageApi& api, const ApiRequest& request) {
  MetadefContents contents = api.registry(
      request.context,
      GetMetadefNamespace{request.parameter("namespace"), ImageApi::viewer(request.context)});
  if (const auto resource_type = request.query.get("resource_type"))
    prefix_properties(contents, *resource_type);
  return namespace_response(200, contents);
}

Response update_namespace(const ImageApi& api, const ApiRequest& request) {
  const Json& body = metadef_body(request, metadef_namespace_schema());
  const MetadefNamespace space =
      api.registry(request.context, UpdateMetadefNamespace{request.parameter("namespace"),
                                                           ImageApi::viewer(request.context),
                                                           wanted_namespace(request, body)});
  return namespace_response(200, {space, {}});
}

Response delete_namespace(const ImageApi& api, const ApiRequest& request) {
  static_cast<void>(api.registry(
      request.context,
      DeleteMetadefNamespace{request.parameter("namespace"), ImageApi::viewer(request.context)}));
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes metadef_namespace_routes(const ImageApi& api) {
  constexpr std::string_view kAll = "/metadefs/namespaces";
  constexpr std::string_view kOne = "/metadefs/namespaces/{namespace}";
  return {
      {"GET", kAll, "get_metadef_namespaces",
       [&api](ApiRequest& r) { return list_namespaces(api, r); }},
      {"POST", kAll, "add_metadef_namespace",
       [&api](ApiRequest& r) { return create_namespace(api, r); }},
      {"GET", kOne, "get_metadef_namespace",
       [&api](ApiRequest& r) { return show_namespace(api, r); }},
      {"PUT", kOne, "modify_metadef_namespace",
       [&api](ApiRequest& r) { return update_namespace(api, r); }},
      {"DELETE", kOne, "delete_metadef_namespace",
       [&api](ApiRequest& r) { return delete_namespace(api, r); }},
  };
}

}  // namespace glance::api
