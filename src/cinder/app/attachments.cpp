#include "cinder/app/attachments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cinder/app/backend_call.hpp"
#include "cinder/app/volumes.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::bad_request;
using platform::Session;
using store::AttachmentRow;
using store::VolumeRow;

constexpr base::Duration kConnectTimeout = std::chrono::seconds{30};
constexpr std::string_view kService = "service";

// The statuses that follow from attachments, the strongest first, and that of no attachment.
struct Consequence {
  std::string_view of_attachment;
  std::string_view of_volume;
};
constexpr std::array kConsequences{
    Consequence{"attached", "in-use"}, Consequence{"attaching", "attaching"},
    Consequence{"reserved", "reserved"}, Consequence{"detaching", "detaching"}};
constexpr std::string_view kUnused = "available";

bool follows(std::string_view status) {
  return status == kUnused ||
         std::any_of(kConsequences.begin(), kConsequences.end(),
                     [&](const Consequence& each) { return each.of_volume == status; });
}

std::string_view status_of(const std::vector<AttachmentRow>& attachments) {
  for (const Consequence& each : kConsequences)
    for (const AttachmentRow& attachment : attachments)
      if (attachment.status == each.of_attachment) return each.of_volume;
  return kUnused;
}

std::string shown(const std::vector<AttachmentRow>& attachments) {
  base::JsonWriter json;
  json.begin_array();
  for (const AttachmentRow& attachment : attachments) {
    if (attachment.status != "attached") continue;
    json.begin_object();
    json.field("id", attachment.volume_id);
    json.field("attachment_id", attachment.id);
    json.field("volume_id", attachment.volume_id);
    openstack::write_text_or_null(json, "server_id", attachment.server_id);
    openstack::write_text_or_null(json, "host_name", attachment.host);
    openstack::write_text_or_null(json, "device", attachment.mountpoint);
    json.field("attached_at", base::format_microseconds_without_zone(
                                  attachment.attached_at.value_or(attachment.created_at)));
    json.end_object();
  }
  json.end_array();
  return json.take();
}

void check_reservable(Session& session, const VolumeRow& volume, const AttachmentWish& wish) {
  const auto attachments = store::list_attachments_of_volume(session, volume.id);
  const bool free = attachments.empty() && volume.status == kUnused;
  const bool shared =
      volume.multiattach && (volume.status == kUnused || volume.status == "in-use" ||
                             volume.status == "reserved" || volume.status == "attaching");
  // A server that moves to another host has two of them for a while.
  const bool same_server =
      !wish.server_id.empty() && !attachments.empty() && volume.status == "in-use" &&
      std::all_of(attachments.begin(), attachments.end(),
                  [&](const auto& each) { return each.server_id == wish.server_id; });
  if (!free && !shared && !same_server)
    bad_request(
        fmt::format("Invalid volume: Volume {} status must be available{} to reserve, but "
                    "the current status is {}.",
                    volume.id, volume.multiattach ? " or in-use" : "", volume.status));
  if (volume.readonly == "True" && wish.mode == "rw")
    bad_request(fmt::format("Invalid attachment mode 'rw': volume {} is read-only.", volume.id));
}

// Where an update may begin: with the first connector, or again with the same.
void check_connectable(const AttachmentRow& attachment, const Connector& connector) {
  if (attachment.status == "reserved") return;
  const bool again = store::is_connected(attachment) &&
                     base::parse_json(attachment.connector) == connector.properties;
  if (!again)
    bad_request(fmt::format("Invalid attachment: attachment {} is {} with another connector.",
                            attachment.id, attachment.status));
}

}  // namespace

void follow_attachments(Session& session, const std::string& volume_id, base::TimePoint now) {
  auto volume = store::find_volume(session, volume_id);
  if (!volume) return;
  const VolumeRow before = *volume;
  const auto attachments = store::list_attachments_of_volume(session, volume_id);
  volume->attachments = shown(attachments);
  if (follows(volume->status)) volume->status = status_of(attachments);
  volume->updated_at = now;
  platform::update(session, *volume, before);
}

AttachmentRow create_attachment(App& app, const openstack::Context& context,
                                const AttachmentWish& wish) {
  const base::TimePoint now = app.now();
  AttachmentRow fresh;
  fresh.id = app.uuid();
  fresh.volume_id = wish.volume_id;
  fresh.server_id = wish.server_id;
  fresh.status = "reserved";
  fresh.made_by_nova = context.identity.has_role(kService) && !wish.server_id.empty();
  fresh.created_at = now;
  return app.database.write("attachment.create", [&](Session& session) {
    const VolumeRow volume = get_volume(session, context, wish.volume_id);
    check_reservable(session, volume, wish);
    AttachmentRow attachment = fresh;
    attachment.project_id = volume.project_id;
    attachment.mode = volume.readonly == "True" ? "ro" : wish.mode.empty() ? "rw" : wish.mode;
    platform::insert(session, attachment);
    follow_attachments(session, volume.id, now);
    return attachment;
  });
}

AttachmentRow get_attachment(Session& session, const openstack::Context& context,
                             const std::string& id) {
  auto attachment = store::find_attachment(session, id);
  if (!attachment || (attachment->project_id != context.project_id() && !context.is_admin()))
    throw Error(ErrorKind::not_found,
                "Volume attachment could not be found with filter: attachment_id = " + id + ".");
  return *std::move(attachment);
}

AttachmentRow connect_attachment(App& app, const openstack::Context& context, const std::string& id,
                                 const Connector& connector) {
  const base::TimePoint now = app.now();
  std::string pool;
  AttachmentRow attachment = app.database.write("attachment.connect", [&](Session& session) {
    AttachmentRow row = get_attachment(session, context, id);
    const AttachmentRow before = row;
    check_connectable(row, connector);
    const auto volume = store::find_volume(session, row.volume_id);
    if (!volume || volume->pool.empty())
      bad_request("Invalid volume: volume " + row.volume_id + " is not on any back end.");
    pool = volume->pool;
    if (row.status == "reserved") row.status = "attaching";
    row.connector = base::to_text(connector.properties);
    row.host = base::text_or(connector.properties, "host");
    if (const auto device = base::text_or(connector.properties, "mountpoint"); !device.empty())
      row.mountpoint = device;
    if (connector.mode == "ro") row.mode = "ro";
    row.updated_at = now;
    platform::update(session, row, before);
    follow_attachments(session, row.volume_id, now);
    return row;
  });
  attachment.connection_info =
      base::to_text(call_connect(app, origin_of(context), pool, attachment.id));
  return attachment;
}

void complete_attachment(App& app, const openstack::Context& context, const std::string& id) {
  const base::TimePoint now = app.now();
  app.database.write("attachment.complete", [&](Session& session) {
    AttachmentRow row = get_attachment(session, context, id);
    const AttachmentRow before = row;
    if (row.status == "attached") return;
    if (row.status != "attaching")
      bad_request(
          fmt::format("Invalid attachment: attachment {} must be attaching to be "
                      "completed, but is {}.",
                      id, row.status));
    row.status = "attached";
    row.attached_at = now;
    row.updated_at = now;
    platform::update(session, row, before);
    follow_attachments(session, row.volume_id, now);
  });
}

void forget_attachment(Session& session, const AttachmentRow& attachment, base::TimePoint now) {
  store::delete_attachment(session, attachment.id);
  // Whatever an administrator has said of it, now it is free, or in use by others.
  session.execute("UPDATE volumes SET status=? WHERE id=? AND operation_id=''",
                  {kUnused, attachment.volume_id});
  follow_attachments(session, attachment.volume_id, now);
}

std::vector<AttachmentRow> delete_attachment(App& app, const openstack::Context& context,
                                             const std::string& id) {
  const base::TimePoint now = app.now();
  std::string pool;
  const AttachmentRow attachment = app.database.write("attachment.delete", [&](Session& session) {
    AttachmentRow row = get_attachment(session, context, id);
    if (row.made_by_nova && !context.identity.has_role(kService))
      throw Error(ErrorKind::conflict,
                  "Detach volume from instance " + row.server_id + " using the Compute API");
    const auto volume = store::find_volume(session, row.volume_id);
    // Nobody could reach the volume by it.
    if (!volume || row.connector == "{}") {
      pool.clear();
      forget_attachment(session, row, now);
      return row;
    }
    pool = volume->pool;
    const AttachmentRow before = row;
    row.status = "detaching";
    row.updated_at = now;
    platform::update(session, row, before);
    follow_attachments(session, row.volume_id, now);
    return row;
  });
  if (!pool.empty()) call_disconnect(app, origin_of(context), pool, id);
  return app.database.read([&](Session& session) {
    return store::list_attachments_of_volume(session, attachment.volume_id);
  });
}

base::Json call_connect(App& app, const Origin& origin, const std::string& pool,
                        const std::string& attachment_id) {
  return call_backend(app, origin, backend_of(pool), ConnectAttachment{attachment_id},
                      kConnectTimeout)
      .info;
}

void call_disconnect(App& app, const Origin& origin, const std::string& pool,
                     const std::string& attachment_id) {
  static_cast<void>(call_backend(app, origin, backend_of(pool), DisconnectAttachment{attachment_id},
                                 kConnectTimeout));
}

}  // namespace cinder::app
