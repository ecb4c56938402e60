// What versions there are: without a token.
// https://docs.openstack.org/api-ref/compute/#api-versions
#include "nova/api/routes.hpp"

namespace nova::api {
namespace {

enum class Media { with, without };

void write_version(base::JsonWriter& json, const ApiRequest& request, Media media) {
  json.begin_object();
  json.field("id", "v2.1");
  json.field("status", "CURRENT");
  json.field("version", openstack::to_text(kLatest));
  json.field("min_version", openstack::to_text(kFirst));
  json.field("updated", "2013-07-23T11:33:21Z");
  json.key("links");
  json.begin_array();
  json.begin_object();
  json.field("rel", "self");
  json.field("href", url_base(request.http) + "/v2.1/");
  json.end_object();
  if (media == Media::with) {
    json.begin_object();
    json.field("rel", "describedby");
    json.field("type", "text/html");
    json.field("href", "http://docs.openstack.org/");
    json.end_object();
  }
  json.end_array();
  if (media == Media::with) {
    json.key("media-types");
    json.raw(
        R"([{"base":"application/json","type":"application/vnd.openstack.compute+json;version=2.1"}])");
  }
  json.end_object();
}

Response list_versions(ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("versions");
  json.begin_array();
  write_version(json, request, Media::without);
  json.end_array();
  json.end_object();
  return answer(json);
}

Response show_version(ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("version");
  write_version(json, request, Media::with);
  json.end_object();
  return answer(json);
}

}  // namespace

openstack::Routes version_routes() {
  return {
      {"GET", "/", openstack::kPublic, list_versions},
      {"GET", "/v2.1", openstack::kPublic, show_version},
  };
}

}  // namespace nova::api
