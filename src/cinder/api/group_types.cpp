// /group_types (3.11).
// https://docs.openstack.org/api-ref/block-storage/v3/#group-types-group-types
#include "cinder/app/group_types.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cinder/api/group_type_view.hpp"
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using platform::Session;
using store::GroupTypeRow;

constexpr openstack::SortableColumn kSortableOfGroupTypes[] = {{"id", "id"},
                                                               {"name", "name"},
                                                               {"description", "description"},
                                                               {"is_public", "is_public"},
                                                               {"created_at", "created_at"},
                                                               {"updated_at", "updated_at"}};

constexpr ListRules kGroupTypeList{.sortable = kSortableOfGroupTypes, .links = "group_type_links"};

void write_group_type(base::JsonWriter& json, const ApiRequest& request, const GroupTypeRow& type) {
  json.begin_object();
  json.field("id", type.id);
  json.field("name", type.name);
  json.field("description", type.description);
  json.field("is_public", type.is_public);
  if (may_see_group_specs(request)) {
    json.key("group_specs");
    json.raw(type.group_specs);
  }
  json.end_object();
}

Response answer_group_type(const ApiRequest& request, const GroupTypeRow& type, int status) {
  base::JsonWriter json;
  json.begin_object();
  json.key("group_type");
  write_group_type(json, request, type);
  json.end_object();
  return answer(json, status);
}

Response list_group_types(app::App& app, ApiRequest& request) {
  ItemList list(app, request, kGroupTypeList);
  const auto is_public = request.context.is_admin() ? wanted_publicity(request) : true;
  is_public ? list.where("is_public=?", {*is_public}) : list.where("1=1", {});
  return answer_items<GroupTypeRow>(app, list, "group_types", [&](Session&) {
    return [&request](base::JsonWriter& json, const GroupTypeRow& type) {
      write_group_type(json, request, type);
    };
  });
}

Response show_group_type(app::App& app, ApiRequest& request) {
  const std::string& id = request.parameter("group_type_id");
  // No type of groups is taken for one that is not named.
  if (id == "default") not_found("Default group type can not be found.");
  return answer_group_type(request, app::get_group_type(app, id), 200);
}

std::string name_of_group_type(const Json& type) {
  const std::string name(base::trim(text_member(type, "name").value_or("")));
  if (name.empty()) bad_request("Group type name can not be empty.");
  return name;
}

Response create_group_type(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "group_type");
  GroupTypeRow type;
  type.id = app.uuid();
  type.name = name_of_group_type(wanted);
  type.description = text_member(wanted, "description");
  if (const Json* flag = base::find(wanted, "is_public")) type.is_public = flag_of(*flag);
  if (const Json* specs = base::find(wanted, "group_specs"); specs && specs->is_object())
    type.group_specs = base::to_text(*specs);
  type.created_at = app.now();
  app::create_group_type(app, type);
  return answer_group_type(request, type, 202);
}

Response update_group_type(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "group_type");
  const auto name = text_member(wanted, "name");
  const auto description = text_member(wanted, "description");
  const Json* is_public = base::find(wanted, "is_public");
  if (is_public && is_public->is_null()) is_public = nullptr;
  if (!name && !description && !is_public)
    bad_request("Specify group type name, description or a combination thereof.");
  const auto type =
      app::update_group_type(app, request.parameter("group_type_id"), [&](GroupTypeRow& row) {
        if (name) row.name = name_of_group_type(wanted);
        if (description) row.description = description;
        if (is_public) row.is_public = flag_of(*is_public);
      });
  return answer_group_type(request, type, 200);
}

Response delete_group_type(app::App& app, ApiRequest& request) {
  app::delete_group_type(app, request.parameter("group_type_id"));
  return openstack::empty_response(202);
}

}  // namespace

openstack::Routes group_type_routes(app::App& app) {
  static const openstack::Schema create_schema(fmt::format(
      R"({{"type":"object","properties":{{"group_type":{{"type":"object","properties":{{)"
      R"("name":{{"type":"string","minLength":1,"maxLength":255,"format":"name"}},)"
      R"("description":{},"group_specs":{},"is_public":{}}},"required":["name"],)"
      R"("additionalProperties":false}}}},"required":["group_type"],)"
      R"("additionalProperties":false}})",
      kNameSchema, kGroupSpecsSchema, kFlagSchema));
  static const openstack::Schema update_schema(fmt::format(
      R"({{"type":"object","properties":{{"group_type":{{"type":"object","properties":{{)"
      R"("name":{0},"description":{0},"is_public":{1}}},"additionalProperties":false}}}},)"
      R"("required":["group_type"],"additionalProperties":false}})",
      kNameSchema, kFlagSchema));
  const char* const item = "/group_types/{group_type_id}";
  const Microversion since = kGroupTypes;
  return {
      {"POST", "/group_types", "group:group_types:create", bind(app, create_group_type),
       &create_schema, since},
      {"GET", "/group_types", "group:group_types_get", bind(app, list_group_types), nullptr, since},
      {"GET", item, "group:group_types_get", bind(app, show_group_type), nullptr, since},
      {"PUT", item, "group:group_types:update", bind(app, update_group_type), &update_schema,
       since},
      {"DELETE", item, "group:group_types:delete", bind(app, delete_group_type), nullptr, since},
  };
}

}  // namespace cinder::api
