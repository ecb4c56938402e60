// /types/{id}/extra_specs.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-types-types
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/api/routes.hpp"
#include "cinder/api/type_specs.hpp"
#include "cinder/api/volume_type_view.hpp"
#include "cinder/app/volume_types.hpp"

namespace cinder::api {
namespace {

using platform::Session;

// What users may know (cinder/api/extra_specs.py: USER_VISIBLE_EXTRA_SPECS).
constexpr std::array<std::string_view, 3> kVisible{"RESKEY:availability_zones", "multiattach",
                                                   "replication_enabled"};

Specs visible_specs(const ApiRequest& request, const store::VolumeTypeRow& type) {
  Specs specs = parse_specs(type.extra_specs);
  if (request.context.is_admin()) return specs;
  std::erase_if(specs, [](const auto& spec) {
    return std::find(kVisible.begin(), kVisible.end(), spec.first) == kVisible.end();
  });
  return specs;
}

Specs read_type_specs(app::App& app, const ApiRequest& request) {
  return app.database.read([&](Session& session) {
    return visible_specs(
        request, app::get_volume_type(session, request.context, request.parameter("type_id")));
  });
}

void change_type_specs(app::App& app, const ApiRequest& request,
                       const std::function<void(Specs&)>& alter) {
  const std::string& id = request.parameter("type_id");
  app::update_volume_type(app, request.context, id, [&](store::VolumeTypeRow& type) {
    Specs specs = parse_specs(type.extra_specs);
    alter(specs);
    type.extra_specs = text_of_specs(specs);
  });
}

std::string missing_type_spec(const ApiRequest& request) {
  return fmt::format("Volume Type {} has no extra specs with key {}.", request.parameter("type_id"),
                     request.parameter("key"));
}

}  // namespace

std::string visible_extra_specs(const ApiRequest& request, const store::VolumeTypeRow& type) {
  return text_of_specs(visible_specs(request, type));
}

openstack::Routes volume_type_extra_spec_routes(app::App& app) {
  static const SpecBodies bodies("extra_specs", kExtraSpecsSchema);
  return spec_routes(
      {.collection = "/types/{type_id}/extra_specs",
       .item = "/types/{type_id}/extra_specs/{key}",
       .bodies = bodies,
       .policies = {.list = "volume_extension:types_extra_specs:index",
                    .create = "volume_extension:types_extra_specs:create",
                    .show = "volume_extension:types_extra_specs:show",
                    .update = "volume_extension:types_extra_specs:update",
                    .remove = "volume_extension:types_extra_specs:delete"},
       .mismatch = "Invalid input received: Request body and URI mismatch",
       .missing = missing_type_spec,
       .read = [&app](const ApiRequest& request) { return read_type_specs(app, request); },
       .change = [&app](const ApiRequest& request,
                        const auto& alter) { change_type_specs(app, request, alter); }});
}

}  // namespace cinder::api
