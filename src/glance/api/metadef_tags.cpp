#include "base/text.hpp"
#include "glance/api/metadef_schemas.hpp"
#include "glance/api/metadefs.hpp"

namespace glance::api {
namespace {

using openstack::ApiRequest;
using platform::http::Response;

Response tags_response(int status, const std::vector<Metadef>& tags) {
  base::JsonWriter json;
  json.begin_object();
  json.key("tags");
  json.begin_array();
  for (const Metadef& tag : tags) {
    json.begin_object();
    json.field("name", tag.name);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return openstack::json_response(status, json.take());
}

Response list_tags(const ImageApi& api, const ApiRequest& request) {
  return tags_response(200, list_metadefs(api, request, kMetadefTag).metadefs);
}

// They take the place of those that are there, unless the client says otherwise.
Response create_tags(const ImageApi& api, const ApiRequest& request) {
  const base::Json& body = metadef_body(request, metadef_tags_schema());
  AddMetadefs add{request.parameter("namespace"), ImageApi::viewer(request.context), {}, {}};
  if (const base::Json* tags = base::find(body, "tags"))
    for (const base::Json& tag : tags->as_array())
      add.metadefs.push_back(to_metadef(kMetadefTag, tag));
  const bool append =
      base::equals_ignoring_case(request.http.headers.value("X-Openstack-Append"), "true");
  if (!append) add.replaced_kind = kMetadefTag;
  return tags_response(201, api.registry(request.context, add).metadefs);
}

Response create_tag(const ImageApi& api, const ApiRequest& request) {
  const base::Json named{{"name", request.parameter("tag_name")}};
  return metadef_response(201, {}, add_metadef(api, request, to_metadef(kMetadefTag, named)));
}

Response show_tag(const ImageApi& api, const ApiRequest& request) {
  return metadef_response(200, {},
                          get_metadef(api, request, kMetadefTag, request.parameter("tag_name")));
}

Response update_tag(const ImageApi& api, const ApiRequest& request) {
  const Metadef wanted = to_metadef(kMetadefTag, metadef_body(request, metadef_tag_schema()));
  return metadef_response(200, {},
                          update_metadef(api, request, request.parameter("tag_name"), wanted));
}

}  // namespace

openstack::Routes metadef_tag_routes(const ImageApi& api) {
  constexpr std::string_view kAll = "/metadefs/namespaces/{namespace}/tags";
  constexpr std::string_view kOne = "/metadefs/namespaces/{namespace}/tags/{tag_name}";
  return {
      {"GET", kAll, "get_metadef_tags", [&api](ApiRequest& r) { return list_tags(api, r); }},
      {"POST", kAll, "add_metadef_tags", [&api](ApiRequest& r) { return create_tags(api, r); }},
      {"DELETE", kAll, "delete_metadef_tags",
       [&api](ApiRequest& r) { return delete_all_metadefs(api, r, kMetadefTag); }},
      {"GET", kOne, "get_metadef_tag", [&api](ApiRequest& r) { return show_tag(api, r); }},
      {"POST", kOne, "add_metadef_tag", [&api](ApiRequest& r) { return create_tag(api, r); }},
      {"PUT", kOne, "modify_metadef_tag", [&api](ApiRequest& r) { return update_tag(api, r); }},
      {"DELETE", kOne, "delete_metadef_tag",
       [&api](ApiRequest& r) { return delete_metadef(api, r, kMetadefTag, "tag_name"); }},
  };
}

}  // namespace glance::api
