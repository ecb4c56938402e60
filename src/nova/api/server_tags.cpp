// /servers/{id}/tags, since 2.26.
// https://docs.openstack.org/api-ref/compute/#server-tags-servers-tags
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "nova/api/routes.hpp"
#include "nova/app/servers.hpp"
#include "openstack/schema.hpp"

namespace nova::api {
namespace {

constexpr size_t kMaxTags = 50;
constexpr size_t kMaxLength = 60;
using Tags = std::set<std::string>;

Tags tags_of(const store::InstanceRow& server) {
  const auto tags = base::from_json<std::vector<std::string>>(base::parse_json(server.tags));
  return {tags.begin(), tags.end()};
}

Tags tags_of(app::App& app, const ApiRequest& request) {
  return tags_of(app::get_server(app, request.context, request.parameter("server_id")));
}

void change(app::App& app, const ApiRequest& request, const std::function<void(Tags&)>& alter) {
  static_cast<void>(app::update_server(
      app, request.context, request.parameter("server_id"), [&](store::InstanceRow& server) {
        app::refuse_locked(server, request.context);
        Tags tags = tags_of(server);
        alter(tags);
        server.tags =
            base::to_text(base::to_json(std::vector<std::string>(tags.begin(), tags.end())));
      }));
}

Response answer_tags(const Tags& tags) {
  base::JsonWriter json;
  json.begin_object();
  json.field("tags", std::vector<std::string>(tags.begin(), tags.end()));
  json.end_object();
  return answer(json);
}

Response list_server_tags(app::App& app, ApiRequest& request) {
  return answer_tags(tags_of(app, request));
}

Response replace(app::App& app, ApiRequest& request) {
  const auto wanted = base::from_json<std::vector<std::string>>(inner(request, "tags"));
  const Tags tags(wanted.begin(), wanted.end());
  change(app, request, [&](Tags& current) { current = tags; });
  return answer_tags(tags);
}

Response clear(app::App& app, ApiRequest& request) {
  change(app, request, [](Tags& tags) { tags.clear(); });
  return openstack::empty_response(204);
}

[[noreturn]] void refuse_missing_tag(const ApiRequest& request) {
  not_found(fmt::format("Server {} has no tag '{}'", request.parameter("server_id"),
                        request.parameter("tag")));
}

Response check(app::App& app, ApiRequest& request) {
  if (!tags_of(app, request).contains(request.parameter("tag"))) refuse_missing_tag(request);
  return openstack::empty_response(204);
}

Response add(app::App& app, ApiRequest& request) {
  const std::string& tag = request.parameter("tag");
  if (base::utf8_length(tag).value_or(kMaxLength + 1) > kMaxLength)
    bad_request(fmt::format("Tag '{}' is too long. Maximum length is {}", tag, kMaxLength));
  if (tag.find_first_of(",/") != std::string::npos)
    bad_request("Tag '" + tag + "' must not contain characters '/' and ','.");
  bool fresh = false;
  change(app, request, [&](Tags& tags) {
    fresh = tags.insert(tag).second;
    if (tags.size() > kMaxTags)
      bad_request(fmt::format("The number of tags exceeded the per-server limit {}", kMaxTags));
  });
  Response response = openstack::empty_response(fresh ? 201 : 204);
  response.headers.set("Location", url_base(request.http) + request.http.path);
  return response;
}

Response remove_server_tag(app::App& app, ApiRequest& request) {
  change(app, request, [&](Tags& tags) {
    if (tags.erase(request.parameter("tag")) == 0) refuse_missing_tag(request);
  });
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes server_tag_routes(app::App& app) {
  static const openstack::Schema schema(
      R"({"type":"object","properties":{"tags":{"type":"array","maxItems":50,"items":)"
      R"({"type":"string","minLength":1,"maxLength":60,"pattern":"^[^,/]*$"}}},)"
      R"("required":["tags"],"additionalProperties":false})");
  constexpr Microversion since{2, 26};
  const char* const collection = "/servers/{server_id}/tags";
  const char* const item = "/servers/{server_id}/tags/{tag}";
  const std::string_view read = "os_compute_api:os-server-tags:index";
  return {
      {"GET", collection, read, bind(app, list_server_tags), nullptr, since},
      {"PUT", collection, "os_compute_api:os-server-tags:update_all", bind(app, replace), &schema,
       since},
      {"DELETE", collection, "os_compute_api:os-server-tags:delete_all", bind(app, clear), nullptr,
       since},
      {"GET", item, "os_compute_api:os-server-tags:show", bind(app, check), nullptr, since},
      {"PUT", item, "os_compute_api:os-server-tags:update", bind(app, add), nullptr, since},
      {"DELETE", item, "os_compute_api:os-server-tags:delete", bind(app, remove_server_tag),
       nullptr, since},
  };
}

}  // namespace nova::api
