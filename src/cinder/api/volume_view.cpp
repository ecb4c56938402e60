#include "cinder/api/volume_view.hpp"

#include "cinder/store/volume_types.hpp"

namespace cinder::api {

using store::VolumeRow;

VolumeView::VolumeView(platform::Session& session, const ApiRequest& request)
    : request_(request),
      links_(request.http, "volumes"),
      type_names_(store::volume_type_names(session)) {}

VolumeView::VolumeView(app::App& app, const ApiRequest& request)
    : request_(request),
      links_(request.http, "volumes"),
      type_names_(app.database.read(
          [](platform::Session& session) { return store::volume_type_names(session); })) {}

void VolumeView::write_short(base::JsonWriter& json, const VolumeRow& volume) const {
  json.begin_object();
  json.field("id", volume.id);
  json.field("name", volume.name);
  links_.write(json, volume.id);
  json.end_object();
}

void VolumeView::write(base::JsonWriter& json, const VolumeRow& volume) const {
  json.begin_object();
  write_members(json, volume);
  write_extensions(json, volume);
  json.end_object();
}

void VolumeView::write_changed(base::JsonWriter& json, const VolumeRow& volume) const {
  json.begin_object();
  write_members(json, volume);
  json.end_object();
}

void VolumeView::write_members(base::JsonWriter& json, const VolumeRow& volume) const {
  const auto type = type_names_.find(volume.volume_type_id);
  json.field("id", volume.id);
  json.field("status", volume.status);
  json.field("size", volume.size_gib);
  json.field("availability_zone", volume.availability_zone);
  json.field("created_at", base::format_microseconds_without_zone(volume.created_at));
  write_time_or_null(json, "updated_at", volume.updated_at);
  json.field("name", volume.name);
  json.field("description", volume.description);
  write_text_or_null(json, "volume_type", type == type_names_.end() ? "" : type->second);
  write_text_or_null(json, "snapshot_id", volume.snapshot_id);
  write_text_or_null(json, "source_volid", volume.source_volume_id);
  write_metadata(json, volume);
  links_.write(json, volume.id);
  json.field("user_id", volume.user_id);
  json.field("bootable", volume.bootable ? "true" : "false");
  json.field("encrypted", false);
  json.field("replication_status", nullptr);
  json.field("consistencygroup_id", nullptr);
  json.field("multiattach", volume.multiattach);
  write_attachments(json, volume);
  if (request_.context.is_admin())
    write_text_or_null(json, "migration_status", volume.migration_status);
  write_members_of_versions(json, volume);
}

// With what users may see of what administrators say of it.
void VolumeView::write_metadata(base::JsonWriter& json, const VolumeRow& volume) const {
  json.key("metadata");
  if (volume.readonly.empty()) return json.raw(volume.metadata);
  base::Json metadata = base::parse_json(volume.metadata);
  metadata.get_object()["readonly"] = volume.readonly;
  json.value(metadata);
}

// Whose host it is, only administrators see.
void VolumeView::write_attachments(base::JsonWriter& json, const VolumeRow& volume) const {
  json.key("attachments");
  if (request_.context.is_admin() || volume.attachments == "[]")
    return json.raw(volume.attachments);
  base::Json attachments = base::parse_json(volume.attachments);
  for (base::Json& each : attachments.as_array()) each.as_object()["host_name"] = nullptr;
  json.value(attachments);
}

void VolumeView::write_members_of_versions(base::JsonWriter& json, const VolumeRow& volume) const {
  const Microversion version = request_.context.version;
  const bool admin = request_.context.is_admin();
  if (version >= Microversion{3, 13}) write_text_or_null(json, "group_id", volume.group_id);
  if (version >= Microversion{3, 21} && admin) json.field("provider_id", nullptr);
  if (version >= Microversion{3, 48}) {
    json.field("service_uuid", nullptr);
    json.field("shared_targets", false);
  }
  if (version >= Microversion{3, 61} && admin) json.field("cluster_name", nullptr);
  if (version >= Microversion{3, 63}) json.field("volume_type_id", volume.volume_type_id);
  if (version >= Microversion{3, 65}) json.field("consumes_quota", true);
}

void VolumeView::write_extensions(base::JsonWriter& json, const VolumeRow& volume) const {
  json.field("os-vol-tenant-attr:tenant_id", volume.project_id);
  if (volume.image_metadata != "{}") {
    json.key("volume_image_metadata");
    json.raw(volume.image_metadata);
  }
  if (!request_.context.is_admin()) return;
  write_text_or_null(json, "os-vol-host-attr:host", volume.pool);
  write_text_or_null(json, "os-vol-mig-status-attr:migstat", volume.migration_status);
  json.field("os-vol-mig-status-attr:name_id", nullptr);
}

Response answer_volume(app::App& app, const ApiRequest& request, const VolumeRow& volume) {
  base::JsonWriter json;
  json.begin_object();
  json.key("volume");
  VolumeView(app, request).write(json, volume);
  json.end_object();
  return answer(json);
}

Response answer_changed_volume(app::App& app, const ApiRequest& request, const VolumeRow& volume,
                               int status) {
  base::JsonWriter json;
  json.begin_object();
  json.key("volume");
  VolumeView(app, request).write_changed(json, volume);
  json.end_object();
  return answer(json, status);
}

}  // namespace cinder::api
