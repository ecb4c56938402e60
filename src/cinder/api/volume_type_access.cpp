// Which projects may use a private volume type.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-type-access-types-action-types-os-volume-type-access
#include <fmt/format.h>

#include "cinder/api/routes.hpp"
#include "cinder/app/volume_types.hpp"
#include "openstack/actions.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;

store::VolumeTypeRow get_private_type(Session& session, const ApiRequest& request,
                                      const std::string& id) {
  auto type = app::get_volume_type(session, request.context, id);
  if (type.is_public) not_found("Access list not available for public volume types.");
  return type;
}

Response list_access(app::App& app, ApiRequest& request) {
  base::JsonWriter json;
  json.begin_object();
  json.key("volume_type_access");
  json.begin_array();
  app.database.read([&](Session& session) {
    const auto type = get_private_type(session, request, request.parameter("type_id"));
    for (const std::string& project : store::list_projects_of_type(session, type.id)) {
      json.begin_object();
      json.field("volume_type_id", type.id);
      json.field("project_id", project);
      json.end_object();
    }
  });
  json.end_array();
  json.end_object();
  return answer(json);
}

Response add_access(app::App& app, ApiRequest& request, const std::string& id,
                    const Json& argument) {
  const std::string project = base::get_text(argument, "project");
  app.database.write("type.access", [&](Session& session) {
    const auto type = app::get_volume_type(session, request.context, id);
    if (type.is_public || store::has_access(session, type.id, project))
      throw base::Error(base::ErrorKind::conflict,
                        fmt::format("Volume type access for {} / {} combination already exists.",
                                    type.id, project));
    store::add_access(session, type.id, project);
  });
  return openstack::empty_response(202);
}

Response remove_access(app::App& app, ApiRequest& request, const std::string& id,
                       const Json& argument) {
  const std::string project = base::get_text(argument, "project");
  app.database.write("type.access", [&](Session& session) {
    const auto type = app::get_volume_type(session, request.context, id);
    if (!store::remove_access(session, type.id, project))
      not_found(
          fmt::format("Volume type access not found for {} / {} combination.", type.id, project));
  });
  return openstack::empty_response(202);
}

using TypeAction = openstack::Action<app::App>;
constexpr std::string_view kProject =
    R"({"type":"object","properties":{"project":{"type":"string","minLength":1,"maxLength":64}},)"
    R"("required":["project"],"additionalProperties":false})";
constexpr TypeAction kTypeActions[] = {
    {"addProjectAccess", "volume_extension:volume_type_access:addProjectAccess", kFirst, kLatest,
     kProject, add_access},
    {"removeProjectAccess", "volume_extension:volume_type_access:removeProjectAccess", kFirst,
     kLatest, kProject, remove_access},
};

Response run_type_action(app::App& app, ApiRequest& request) {
  static const openstack::ActionRules rules = openstack::rules_of(kTypeActions);
  const TypeAction& action = kTypeActions[rules.choose(request)];
  return action.act(app, request, request.parameter("type_id"),
                    openstack::action_argument(request));
}

}  // namespace

openstack::Routes volume_type_access_routes(app::App& app) {
  return {
      {"GET", "/types/{type_id}/os-volume-type-access",
       "volume_extension:volume_type_access:get_all_for_type", bind(app, list_access)},
      {"POST", "/types/{type_id}/action", "volume_extension:type_get", bind(app, run_type_action)},
  };
}

}  // namespace cinder::api
