// /types.
// https://docs.openstack.org/api-ref/block-storage/v3/#volume-types-types
#include "cinder/app/volume_types.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/api/volume_type_view.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::VolumeTypeRow;

constexpr openstack::SortableColumn kSortableOfTypes[] = {{"id", "id"},
                                                          {"name", "name"},
                                                          {"description", "description"},
                                                          {"is_public", "is_public"},
                                                          {"created_at", "created_at"},
                                                          {"updated_at", "updated_at"}};
constexpr ListRules kTypeList{.sortable = kSortableOfTypes, .links = "volume_type_links"};

void write_type_members(base::JsonWriter& json, const ApiRequest& request,
                        const VolumeTypeRow& type) {
  json.field("id", type.id);
  json.field("name", type.name);
  json.field("is_public", type.is_public);
  json.field("description", type.description);
  json.key("extra_specs");
  json.raw(visible_extra_specs(request, type));
}

void write_access(base::JsonWriter& json, const VolumeTypeRow& type) {
  json.field("os-volume-type-access:is_public", type.is_public);
}

void write_qos_specs(base::JsonWriter& json, const ApiRequest& request, const VolumeTypeRow& type) {
  if (request.context.is_admin()) write_text_or_null(json, "qos_specs_id", type.qos_specs_id);
}

// A new type has no QoS specs yet, and the answer does not speak of them; that to a change has the
// type's own members only.
enum class Answer { creation, change, other };

Response answer_type(const ApiRequest& request, const VolumeTypeRow& type,
                     Answer what = Answer::other) {
  base::JsonWriter json;
  json.begin_object();
  json.key("volume_type");
  json.begin_object();
  write_type_members(json, request, type);
  if (what != Answer::change) write_access(json, type);
  if (what == Answer::other) write_qos_specs(json, request, type);
  json.end_object();
  json.end_object();
  return answer(json);
}

Response list_types(app::App& app, ApiRequest& request) {
  ItemList list(app, request, kTypeList);
  if (!request.context.is_admin())
    list.where(
        "(is_public=1 OR id IN "
        "(SELECT volume_type_id FROM volume_type_access WHERE project_id=?))",
        {request.context.project_id()});
  else if (const auto is_public = wanted_publicity(request))
    list.where("is_public=?", {*is_public});
  else
    list.where("1=1", {});
  return answer_items<VolumeTypeRow>(app, list, "volume_types", [&](Session&) {
    return [&request](base::JsonWriter& json, const VolumeTypeRow& type) {
      json.begin_object();
      write_type_members(json, request, type);
      write_access(json, type);
      write_qos_specs(json, request, type);
      json.end_object();
    };
  });
}

Response show_type(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("type_id");
  return answer_type(request, app.database.read([&](Session& session) {
    if (id == "default")
      return app::get_volume_type(session, request.context, app.settings.default_volume_type);
    return app::get_volume_type(session, request.context, id);
  }));
}

std::string name_of_type(const Json& type) {
  const std::string name(base::trim(text_member(type, "name").value_or("")));
  if (name.empty()) bad_request("Invalid input received: Volume type name can not be empty.");
  return name;
}

Response create_type(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "volume_type");
  VolumeTypeRow type;
  type.id = app.uuid();
  type.name = name_of_type(wanted);
  type.description = text_member(wanted, "description");
  if (const Json* flag = base::find(wanted, "os-volume-type-access:is_public"))
    type.is_public = flag_of(*flag);
  if (const Json* specs = base::find(wanted, "extra_specs"); specs && specs->is_object())
    type.extra_specs = base::to_text(*specs);
  type.created_at = app.now();
  app::create_volume_type(app, type);
  return answer_type(request, type, Answer::creation);
}

Response update_type(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "volume_type");
  const std::string& id = request.parameter("type_id");
  const auto type = app::update_volume_type(app, request.context, id, [&](VolumeTypeRow& row) {
    if (text_member(wanted, "name")) row.name = name_of_type(wanted);
    if (base::find(wanted, "description")) row.description = text_member(wanted, "description");
    if (const Json* flag = base::find(wanted, "is_public")) row.is_public = flag_of(*flag);
  });
  return answer_type(request, type, Answer::change);
}

Response delete_type(app::App& app, ApiRequest& request) {
  app::delete_volume_type(app, request.parameter("type_id"));
  return openstack::empty_response(202);
}

}  // namespace

openstack::Routes volume_type_routes(app::App& app) {
  static const openstack::Schema create_schema(fmt::format(
      R"({{"type":"object","properties":{{"volume_type":{{"type":"object","properties":{{)"
      R"("name":{{"type":"string","minLength":1,"maxLength":255,"format":"name"}},)"
      R"("description":{},"extra_specs":{},"os-volume-type-access:is_public":{}}},)"
      R"("required":["name"],"additionalProperties":false}}}},"required":["volume_type"],)"
      R"("additionalProperties":false}})",
      kNameSchema, kExtraSpecsSchema, kFlagSchema));
  static const openstack::Schema update_schema(fmt::format(
      R"({{"type":"object","properties":{{"volume_type":{{"type":"object","properties":{{)"
      R"("name":{0},"description":{0},"is_public":{1}}},"additionalProperties":false,)"
      R"("minProperties":1}}}},"required":["volume_type"],"additionalProperties":false}})",
      kNameSchema, kFlagSchema));
  const char* const item = "/types/{type_id}";
  return {
      {"POST", "/types", "volume_extension:type_create", bind(app, create_type), &create_schema},
      {"GET", "/types", "volume_extension:type_get_all", bind(app, list_types)},
      {"GET", item, "volume_extension:type_get", bind(app, show_type)},
      {"PUT", item, "volume_extension:type_update", bind(app, update_type), &update_schema},
      {"DELETE", item, "volume_extension:type_delete", bind(app, delete_type)},
  };
}

}  // namespace cinder::api
