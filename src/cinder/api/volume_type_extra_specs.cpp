// /types/{id}/extra_specs.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-types-types
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/api/routes.hpp"
#include "cinder/api/volume_type_view.hpp"
#include "cinder/app/volume_types.hpp"
#include "openstack/extra_specs.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using openstack::answer_spec;
using openstack::answer_specs;
using platform::Session;
using ExtraSpecs = openstack::Metadata;

// What users may know (cinder/api/extra_specs.py: USER_VISIBLE_EXTRA_SPECS).
constexpr std::array<std::string_view, 3> kVisible{"RESKEY:availability_zones", "multiattach",
                                                   "replication_enabled"};

ExtraSpecs parse_specs(const std::string& text) {
  return base::from_json<ExtraSpecs>(base::parse_json(text));
}

ExtraSpecs visible_specs(const ApiRequest& request, const store::VolumeTypeRow& type) {
  ExtraSpecs specs = parse_specs(type.extra_specs);
  if (request.context.is_admin()) return specs;
  std::erase_if(specs, [](const auto& spec) {
    return std::find(kVisible.begin(), kVisible.end(), spec.first) == kVisible.end();
  });
  return specs;
}

ExtraSpecs read_type_specs(app::App& app, const ApiRequest& request) {
  return app.database.read([&](Session& session) {
    return visible_specs(
        request, app::get_volume_type(session, request.context, request.parameter("type_id")));
  });
}

void change_type_specs(app::App& app, const ApiRequest& request,
                       const std::function<void(ExtraSpecs&)>& alter) {
  const base::TimePoint now = app.now();
  app.database.write("type.specs", [&](Session& session) {
    auto type = app::get_volume_type(session, request.context, request.parameter("type_id"));
    ExtraSpecs specs = parse_specs(type.extra_specs);
    alter(specs);
    type.extra_specs = base::to_text(base::to_json(specs));
    type.updated_at = now;
    platform::update(session, type);
  });
}

[[noreturn]] void refuse_missing_spec(const ApiRequest& request) {
  not_found(fmt::format("Volume Type {} has no extra specs with key {}.",
                        request.parameter("type_id"), request.parameter("key")));
}

Response list_type_specs(app::App& app, ApiRequest& request) {
  return answer_specs(read_type_specs(app, request));
}

Response create_type_specs(app::App& app, ApiRequest& request) {
  const auto added = base::from_json<ExtraSpecs>(inner(request, "extra_specs"));
  change_type_specs(app, request, [&](ExtraSpecs& specs) {
    for (const auto& [key, value] : added) specs[key] = value;
  });
  return answer_specs(added);
}

Response show_type_spec(app::App& app, ApiRequest& request) {
  const ExtraSpecs specs = read_type_specs(app, request);
  const auto found = specs.find(request.parameter("key"));
  if (found == specs.end()) refuse_missing_spec(request);
  return answer_spec(found->first, found->second);
}

Response set_type_spec(app::App& app, ApiRequest& request) {
  const auto wanted = base::from_json<ExtraSpecs>(request.body);
  const std::string& key = request.parameter("key");
  const auto found = wanted.find(key);
  if (found == wanted.end()) bad_request("Invalid input received: Request body and URI mismatch");
  change_type_specs(app, request, [&](ExtraSpecs& specs) { specs[key] = found->second; });
  return answer_spec(key, found->second);
}

Response delete_type_spec(app::App& app, ApiRequest& request) {
  change_type_specs(app, request, [&](ExtraSpecs& specs) {
    if (specs.erase(request.parameter("key")) == 0) refuse_missing_spec(request);
  });
  return openstack::empty_response(202);
}

}  // namespace

std::string visible_extra_specs(const ApiRequest& request, const store::VolumeTypeRow& type) {
  return base::to_text(base::to_json(visible_specs(request, type)));
}

openstack::Routes volume_type_extra_spec_routes(app::App& app) {
  static const openstack::Schema all(
      fmt::format(R"({{"type":"object","properties":{{"extra_specs":{}}},)"
                  R"("required":["extra_specs"],"additionalProperties":false}})",
                  kExtraSpecsSchema));
  static const openstack::Schema one(
      std::string(kExtraSpecsSchema.substr(0, kExtraSpecsSchema.size() - 1)) +
      R"(,"minProperties":1,"maxProperties":1})");
  const char* const collection = "/types/{type_id}/extra_specs";
  const char* const item = "/types/{type_id}/extra_specs/{key}";
  return {
      {"GET", collection, "volume_extension:types_extra_specs:index", bind(app, list_type_specs)},
      {"POST", collection, "volume_extension:types_extra_specs:create",
       bind(app, create_type_specs), &all},
      {"GET", item, "volume_extension:types_extra_specs:show", bind(app, show_type_spec)},
      {"PUT", item, "volume_extension:types_extra_specs:update", bind(app, set_type_spec), &one},
      {"DELETE", item, "volume_extension:types_extra_specs:delete", bind(app, delete_type_spec)},
  };
}

}  // namespace cinder::api
