// What versions there are: without a token.
// https://docs.openstack.org/api-ref/block-storage/v3/#api-versions
#include "cinder/api/routes.hpp"

namespace cinder::api {
namespace {

Response answer_versions(const ApiRequest& request, int status) {
  base::JsonWriter json;
  json.begin_object();
  json.key("versions");
  json.begin_array();
  json.begin_object();
  json.field("id", "v3.0");
  json.field("status", "CURRENT");
  json.field("version", openstack::to_text(kLatest));
  json.field("min_version", openstack::to_text(kFirst));
  json.field("updated", "2016-02-08T12:20:21Z");
  json.key("links");
  json.begin_array();
  json.begin_object();
  json.field("rel", "describedby");
  json.field("type", "text/html");
  json.field("href", "https://docs.openstack.org/");
  json.end_object();
  json.begin_object();
  json.field("rel", "self");
  json.field("href", url_base(request.http) + "/v3/");
  json.end_object();
  json.end_array();
  json.key("media-types");
  json.raw(
      R"([{"base":"application/json","type":"application/vnd.openstack.volume+json;version=3"}])");
  json.end_object();
  json.end_array();
  json.end_object();
  return answer(json, status);
}

Response list_all_versions(ApiRequest& request) { return answer_versions(request, 300); }
Response show_this_version(ApiRequest& request) { return answer_versions(request, 200); }

}  // namespace

openstack::Routes version_routes() {
  return {
      {"GET", "/", openstack::kPublic, list_all_versions},
      {"GET", "/v3", openstack::kPublic, show_this_version},
  };
}

}  // namespace cinder::api
