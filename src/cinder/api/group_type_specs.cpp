// /group_types/{id}/group_specs (3.11).
// https://docs.openstack.org/api-ref/block-storage/v3/#group-type-specs-group-type-specs
#include <fmt/format.h>

#include "cinder/api/group_type_view.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/app/group_types.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

// A spec without a value is null.
using GroupSpecs = std::map<std::string, std::optional<std::string>>;

GroupSpecs parse_group_specs(const std::string& text) {
  return base::from_json<GroupSpecs>(base::parse_json(text));
}

Response answer_group_specs(const GroupSpecs& specs) {
  base::JsonWriter json;
  json.begin_object();
  json.key("group_specs");
  json.raw(base::to_text(base::to_json(specs)));
  json.end_object();
  return answer(json, 200);
}

Response answer_group_spec(const std::string& key, const std::optional<std::string>& value) {
  base::JsonWriter json;
  json.begin_object();
  json.field(key, value);
  json.end_object();
  return answer(json);
}

GroupSpecs read_group_specs(app::App& app, const ApiRequest& request) {
  return parse_group_specs(
      app::get_group_type(app, request.parameter("group_type_id")).group_specs);
}

void change_group_specs(app::App& app, const ApiRequest& request,
                        const std::function<void(GroupSpecs&)>& alter) {
  app::update_group_type(app, request.parameter("group_type_id"), [&](store::GroupTypeRow& type) {
    GroupSpecs specs = parse_group_specs(type.group_specs);
    alter(specs);
    type.group_specs = base::to_text(base::to_json(specs));
  });
}

[[noreturn]] void refuse_missing_group_spec(const ApiRequest& request) {
  not_found(fmt::format("Group Type {} has no extra spec with key {}.",
                        request.parameter("group_type_id"), request.parameter("key")));
}

Response list_group_specs(app::App& app, ApiRequest& request) {
  return answer_group_specs(read_group_specs(app, request));
}

Response create_group_specs(app::App& app, ApiRequest& request) {
  const auto added = base::from_json<GroupSpecs>(inner(request, "group_specs"));
  change_group_specs(app, request, [&](GroupSpecs& specs) {
    for (const auto& [key, value] : added) specs[key] = value;
  });
  Response response = answer_group_specs(added);
  response.status = 202;
  return response;
}

Response show_group_spec(app::App& app, ApiRequest& request) {
  const GroupSpecs specs = read_group_specs(app, request);
  const auto found = specs.find(request.parameter("key"));
  if (found == specs.end()) refuse_missing_group_spec(request);
  return answer_group_spec(found->first, found->second);
}

Response set_group_spec(app::App& app, ApiRequest& request) {
  const auto wanted = base::from_json<GroupSpecs>(request.body);
  const std::string& key = request.parameter("key");
  const auto found = wanted.find(key);
  if (found == wanted.end()) bad_request("Request body and URI mismatch");
  change_group_specs(app, request, [&](GroupSpecs& specs) { specs[key] = found->second; });
  return answer_group_spec(key, found->second);
}

Response delete_group_spec(app::App& app, ApiRequest& request) {
  change_group_specs(app, request, [&](GroupSpecs& specs) {
    if (specs.erase(request.parameter("key")) == 0) refuse_missing_group_spec(request);
  });
  return openstack::empty_response(202);
}

}  // namespace

bool may_see_group_specs(const ApiRequest& request) {
  return request.policy.allows(request.context, "group:access_group_types_specs", {});
}

openstack::Routes group_type_spec_routes(app::App& app) {
  static const openstack::Schema all(
      fmt::format(R"({{"type":"object","properties":{{"group_specs":{}}},)"
                  R"("required":["group_specs"],"additionalProperties":false}})",
                  kGroupSpecsSchema));
  static const openstack::Schema one(
      std::string(kGroupSpecsSchema.substr(0, kGroupSpecsSchema.size() - 1)) +
      R"(,"minProperties":1,"maxProperties":1})");
  const char* const collection = "/group_types/{group_type_id}/group_specs";
  const char* const item = "/group_types/{group_type_id}/group_specs/{key}";
  const Microversion since = kGroupTypes;
  return {
      {"GET", collection, "group:group_types_specs:get_all", bind(app, list_group_specs), nullptr,
       since},
      {"POST", collection, "group:group_types_specs:create", bind(app, create_group_specs), &all,
       since},
      {"GET", item, "group:group_types_specs:get", bind(app, show_group_spec), nullptr, since},
      {"PUT", item, "group:group_types_specs:update", bind(app, set_group_spec), &one, since},
      {"DELETE", item, "group:group_types_specs:delete", bind(app, delete_group_spec), nullptr,
       since},
  };
}

}  // namespace cinder::api
