#include "cinder/api/volume_upload.hpp"

#include "cinder/api/volume_type_view.hpp"
#include "cinder/app/image_uploads.hpp"
#include "cinder/store/volume_types.hpp"

namespace cinder::api {
namespace {

using base::Json;

bool flag_in(const Json& argument, std::string_view name) {
  const Json* flag = base::find(argument, name);
  return flag && flag_of(*flag);
}

app::ImageWish read_image_wish(const ApiRequest& request, const Json& argument) {
  app::ImageWish wish;
  wish.name = base::get_text(argument, "image_name");
  wish.force = flag_in(argument, "force");
  if (const auto format = text_member(argument, "disk_format")) wish.disk_format = *format;
  if (const auto format = text_member(argument, "container_format"))
    wish.container_format = *format;
  if (wish.container_format == "compressed")
    bad_request("Invalid input received: Images are not compressed by this cloud.");
  if (request.context.version < Microversion{3, 1}) return wish;
  wish.visibility = text_member(argument, "visibility").value_or("private");
  wish.is_protected = flag_in(argument, "protected");
  if (wish.visibility == "public")
    request.authorize("volume_extension:volume_actions:upload_public", {});
  return wish;
}

void write_type(base::JsonWriter& json, const ApiRequest& request,
                const std::optional<store::VolumeTypeRow>& type) {
  if (!type) return json.field("volume_type", nullptr);
  json.key("volume_type");
  json.begin_object();
  json.field("id", type->id);
  json.field("name", type->name);
  json.field("description", type->description);
  json.field("is_public", type->is_public);
  json.key("extra_specs");
  json.raw(visible_extra_specs(request, *type));
  json.field("created_at", base::format_microseconds_without_zone(type->created_at));
  write_time_or_null(json, "updated_at", type->updated_at);
  json.field("deleted", false);
  json.field("deleted_at", nullptr);
  json.end_object();
}

}  // namespace

Response upload_image(app::App& app, ApiRequest& request, const std::string& volume_id,
                      const Json& argument) {
  const app::ImageWish wish = read_image_wish(request, argument);
  const auto begun = app::begin_image_upload(app, request.context, volume_id, wish);
  const auto type = app.database.read([&](platform::Session& session) {
    return store::find_volume_type(session, begun.volume.volume_type_id);
  });
  base::JsonWriter json;
  json.begin_object();
  json.key("os-volume_upload_image");
  json.begin_object();
  json.field("id", begun.volume.id);
  write_time_or_null(json, "updated_at", begun.volume.updated_at);
  json.field("status", begun.volume.status);
  json.field("display_description", begun.volume.description);
  json.field("size", begun.volume.size_gib);
  write_type(json, request, type);
  json.field("image_id", begun.image.id);
  json.field("container_format", begun.image.container_format);
  json.field("disk_format", begun.image.disk_format);
  json.field("image_name", begun.image.name);
  if (wish.is_protected) json.field("protected", *wish.is_protected);
  if (wish.visibility) json.field("visibility", *wish.visibility);
  json.end_object();
  json.end_object();
  return answer(json, 202);
}

}  // namespace cinder::api
