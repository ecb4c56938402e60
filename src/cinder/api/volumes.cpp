// /volumes: create, list, show, update, delete.
// https://docs.openstack.org/api-ref/block-storage/v3/#volumes-volumes
#include "cinder/app/volumes.hpp"

#include <fmt/format.h>

#include "base/ids.hpp"
#include "cinder/api/group_view.hpp"
#include "cinder/api/item_list.hpp"
#include "cinder/api/routes.hpp"
#include "cinder/api/volume_view.hpp"
#include "openstack/schema.hpp"

namespace cinder::api {
namespace {

using base::Json;
using store::VolumeRow;

constexpr openstack::SortableColumn kSortableOfVolumes[] = {
    {"id", "id"},
    {"name", "name"},
    {"display_name", "name"},
    {"status", "status"},
    {"size", "size_gib"},
    {"availability_zone", "availability_zone"},
    {"bootable", "bootable"},
    {"created_at", "created_at"},
    {"updated_at", "updated_at"},
    {"host", "pool"},
    {"project_id", "project_id"},
    {"user_id", "user_id"},
};

constexpr ColumnFilter kFiltersOfVolumes[] = {
    {"name", "name=?"},
    {"display_name", "name=?"},
    {"status", "status=?"},
    {"availability_zone", "availability_zone=?"},
    {"size", "size_gib=?", true},
    {"snapshot_id", "snapshot_id=?"},
    {"source_volid", "source_volume_id=?"},
    {"group_id", "group_id=?"},
    {"id", "id=?"},
    {"host", "pool=?", false, true},
    {"user_id", "user_id=?", false, true},
};

constexpr ListRules kVolumeList{"volume:get_all", kSortableOfVolumes, kFiltersOfVolumes};

ItemList volumes_of(const app::App& app, const ApiRequest& request) {
  ItemList list(app, request, kVolumeList);
  if (const auto bootable = request.query.get("bootable"))
    list.where("bootable=?", {query_flag(request, "bootable", false)});
  if (const auto like = request.query.get("name~");
      like && request.context.version >= Microversion{3, 34})
    list.where("INSTR(name, ?)>0", {*like});
  return list;
}

enum class Form { summary, detail };

Response answer_volumes(app::App& app, ApiRequest& request, Form form) {
  return answer_items<VolumeRow>(
      app, volumes_of(app, request), "volumes", [&](platform::Session& session) {
        return [view = VolumeView(session, request), form](base::JsonWriter& json,
                                                           const VolumeRow& volume) {
          form == Form::detail ? view.write(json, volume) : view.write_short(json, volume);
        };
      });
}

Response list_volumes(app::App& app, ApiRequest& request) {
  return answer_volumes(app, request, Form::summary);
}
Response list_volumes_detail(app::App& app, ApiRequest& request) {
  return answer_volumes(app, request, Form::detail);
}

Response show_volume(app::App& app, ApiRequest& request) {
  return answer_volume(app, request,
                       app::get_volume(app, request.context, request.parameter("volume_id")));
}

std::map<std::string, std::string> metadata_of_body(const Json& object) {
  std::map<std::string, std::string> metadata;
  const Json* found = base::find(object, "metadata");
  if (!found || !found->is_object()) return metadata;
  for (const auto& [key, value] : found->get_object())
    if (value.is_string()) metadata[std::string(key)] = std::string(value.get_string());
  return metadata;
}

std::optional<int64_t> size_of_body(const Json& volume) {
  const Json* size = base::find(volume, "size");
  if (!size || size->is_null()) return std::nullopt;
  return integer_of(*size);
}

// What is made from one source only.
void check_sources(const Json& volume) {
  int sources = 0;
  for (const char* const name : {"snapshot_id", "source_volid", "imageRef", "image_id"})
    sources += text_member(volume, name).value_or("").empty() ? 0 : 1;
  if (sources > 1)
    bad_request(
        "Invalid input received: May specify only one of snapshot, imageRef or source volume");
}

// The last segment of a reference that may be a URL; empty: none.
std::string image_of_body(const Json& volume) {
  auto reference = text_member(volume, "imageRef");
  if (!reference) reference = text_member(volume, "image_id");
  if (!reference || reference->empty()) return {};
  const std::string id = reference->substr(reference->rfind('/') + 1);
  if (!base::is_uuid_like(id)) bad_request("Invalid imageRef provided.");
  return id;
}

app::VolumeWish read_wish(const ApiRequest& request) {
  const Json& volume = inner(request, "volume");
  check_sources(volume);
  for (const char* const name : {"backup_id", "consistencygroup_id"})
    if (!text_member(volume, name).value_or("").empty())
      throw base::Error(base::ErrorKind::not_implemented,
                        fmt::format("A volume can not be made with {} yet.", name));
  app::VolumeWish wish;
  wish.name = renamed_member(volume, "name");
  wish.description = renamed_member(volume, "description");
  wish.size_gib = size_of_body(volume);
  wish.volume_type = text_member(volume, "volume_type").value_or("");
  wish.availability_zone = text_member(volume, "availability_zone").value_or("");
  wish.snapshot_id = text_member(volume, "snapshot_id").value_or("");
  wish.source_volume_id = text_member(volume, "source_volid").value_or("");
  wish.image_id = image_of_body(volume);
  if (request.context.version >= kGroups)
    wish.group_id = text_member(volume, "group_id").value_or("");
  wish.metadata = metadata_of_body(volume);
  if (const Json* hints = base::find(request.body, "OS-SCH-HNT:scheduler_hints");
      hints && hints->is_object())
    wish.scheduler_hints = *hints;
  if (const Json* flag = base::find(volume, "multiattach"); flag && flag_of(*flag))
    bad_request(
        "Invalid input received: multiattach parameter has been removed. The default behavior is "
        "to use multiattach enabled volume types.");
  return wish;
}

Response create_volume(app::App& app, ApiRequest& request) {
  return answer_changed_volume(app, request,
                               app::create_volume(app, request.context, read_wish(request)), 202);
}

Response update_volume(app::App& app, ApiRequest& request) {
  const Json& wanted = inner(request, "volume");
  const auto volume =
      app::update_volume(app, request.context, request.parameter("volume_id"), [&](VolumeRow& row) {
        if (has_renamed(wanted, "name")) row.name = renamed_member(wanted, "name");
        if (has_renamed(wanted, "description"))
          row.description = renamed_member(wanted, "description");
        if (base::find(wanted, "metadata"))
          row.metadata = base::to_text(base::to_json(metadata_of_body(wanted)));
      });
  return answer_changed_volume(app, request, volume, 200);
}

Response delete_volume(app::App& app, ApiRequest& request) {
  const bool cascade = query_flag(request, "cascade", false);
  const bool force =
      request.context.version >= Microversion{3, 23} && query_flag(request, "force", false);
  if (force) request.authorize("volume:force_delete", {});
  app::delete_volume(app, request.context, request.parameter("volume_id"),
                     cascade ? app::Snapshots::delete_too : app::Snapshots::forbid,
                     force ? app::Force::yes : app::Force::no);
  return openstack::empty_response(202);
}

// GET /volumes/summary, since 3.12; with metadata since 3.36.
Response show_summary(app::App& app, ApiRequest& request) {
  const ItemList list = volumes_of(app, request);
  int64_t count = 0;
  int64_t size = 0;
  std::map<std::string, std::set<std::string>> metadata;
  app.database.read([&](platform::Session& session) {
    list.each<VolumeRow>(session, [&](const VolumeRow& volume) {
      ++count;
      size += volume.size_gib;
      const base::JsonView items(volume.metadata);
      for (const auto& [key, value] : (*items).as_object())
        metadata[std::string(key)].insert(text_of(value));
    });
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("volume-summary");
  json.begin_object();
  json.field("total_count", count);
  json.field("total_size", size);
  if (request.context.version >= Microversion{3, 36}) {
    json.key("metadata");
    json.begin_object();
    for (const auto& [key, values] : metadata)
      json.field(key, std::vector<std::string>(values.begin(), values.end()));
    json.end_object();
  }
  json.end_object();
  json.end_object();
  return answer(json);
}

const openstack::Schema& create_schema() {
  static const openstack::Schema schema(fmt::format(
      R"({{"type":"object","properties":{{"volume":{{"type":"object","properties":{{)"
      R"("name":{0},"description":{0},"display_name":{0},"display_description":{0},)"
      R"("volume_type":{0},"metadata":{1},"snapshot_id":{2},"source_volid":{2},"imageRef":{0},)"
      R"("image_id":{0},"consistencygroup_id":{2},"backup_id":{2},"group_id":{2},"availability_zone":{0},)"
      R"("size":{{"type":["integer","string","null"],"pattern":"^[0-9]+$","minimum":1,)"
      R"("minLength":1,"maximum":2147483647}},"multiattach":{3}}},"additionalProperties":true}},)"
      R"("OS-SCH-HNT:scheduler_hints":{{"type":["object","null"]}}}},"required":["volume"],)"
      R"("additionalProperties":false}})",
      kNameSchema, kMetadataSchema, R"({"type":["string","null"],"format":"uuid"})", kFlagSchema));
  return schema;
}

const openstack::Schema& update_schema() {
  static const openstack::Schema schema(
      fmt::format(R"({{"type":"object","properties":{{"volume":{{"type":"object","properties":{{)"
                  R"("name":{0},"description":{0},"display_name":{0},"display_description":{0},)"
                  R"("metadata":{1}}},"additionalProperties":false,"minProperties":1}}}},)"
                  R"("required":["volume"],"additionalProperties":false}})",
                  kNameSchema, kMetadataSchema));
  return schema;
}

}  // namespace

openstack::Routes volume_routes(app::App& app) {
  const char* const item = "/volumes/{volume_id}";
  return {
      {"POST", "/volumes", "volume:create", bind(app, create_volume), &create_schema()},
      {"GET", "/volumes", "volume:get_all", bind(app, list_volumes)},
      {"GET", "/volumes/detail", "volume:get_all", bind(app, list_volumes_detail)},
      {"GET", "/volumes/summary", "volume:get_all", bind(app, show_summary), nullptr, {3, 12}},
      {"GET", item, "volume:get", bind(app, show_volume)},
      {"PUT", item, "volume:update", bind(app, update_volume), &update_schema()},
      {"DELETE", item, "volume:delete", bind(app, delete_volume)},
  };
}

}  // namespace cinder::api
