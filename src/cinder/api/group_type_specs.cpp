// /group_types/{id}/group_specs (3.11).
// https://docs.openstack.org/api-ref/block-storage/v3/#group-type-specs-group-type-specs
#include <fmt/format.h>

#include "cinder/api/group_type_view.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/api/type_specs.hpp"
#include "cinder/app/group_types.hpp"

namespace cinder::api {
namespace {

Specs read_group_specs(app::App& app, const ApiRequest& request) {
  return parse_specs(app::get_group_type(app, request.parameter("group_type_id")).group_specs);
}

void change_group_specs(app::App& app, const ApiRequest& request,
                        const std::function<void(Specs&)>& alter) {
  app::update_group_type(app, request.parameter("group_type_id"), [&](store::GroupTypeRow& type) {
    Specs specs = parse_specs(type.group_specs);
    alter(specs);
    type.group_specs = text_of_specs(specs);
  });
}

std::string missing_group_spec(const ApiRequest& request) {
  return fmt::format("Group Type {} has no extra spec with key {}.",
                     request.parameter("group_type_id"), request.parameter("key"));
}

}  // namespace

bool may_see_group_specs(const ApiRequest& request) {
  return request.policy.allows(request.context, "group:access_group_types_specs", {});
}

openstack::Routes group_type_spec_routes(app::App& app) {
  static const SpecBodies bodies("group_specs", kGroupSpecsSchema);
  return spec_routes(
      {.collection = "/group_types/{group_type_id}/group_specs",
       .item = "/group_types/{group_type_id}/group_specs/{key}",
       .bodies = bodies,
       .policies = {.list = "group:group_types_specs:get_all",
                    .create = "group:group_types_specs:create",
                    .show = "group:group_types_specs:get",
                    .update = "group:group_types_specs:update",
                    .remove = "group:group_types_specs:delete"},
       .since = kGroupTypes,
       .created = 202,
       .mismatch = "Request body and URI mismatch",
       .missing = missing_group_spec,
       .read = [&app](const ApiRequest& request) { return read_group_specs(app, request); },
       .change = [&app](const ApiRequest& request,
                        const auto& alter) { change_group_specs(app, request, alter); }});
}

}  // namespace cinder::api
