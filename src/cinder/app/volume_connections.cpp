#include "cinder/app/volume_connections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cinder/app/volumes.hpp"
#include "openstack/handlers.hpp"

namespace cinder::app {
namespace {

using openstack::bad_request;
using platform::Session;
using store::AttachmentRow;
using store::VolumeRow;

void change_status(App& app, const openstack::Context& context, const std::string& id,
                   std::string_view from, std::string_view to) {
  static_cast<void>(update_volume(app, context, id, [&](VolumeRow& volume) {
    if (volume.status != from)
      bad_request(
          fmt::format("Invalid volume: Volume {} status must be {} to become {}, but the "
                      "current status is {}.",
                      id, from, to, volume.status));
    volume.status = to;
  }));
}

std::string initiator_of(const base::Json& connector) {
  return base::text_or(connector, "initiator");
}

// That of the connector, which has no server of its own.
std::optional<AttachmentRow> find_connection(const std::vector<AttachmentRow>& attachments,
                                             const base::Json& connector) {
  for (const AttachmentRow& attachment : attachments)
    if (!attachment.made_by_nova &&
        initiator_of(base::parse_json(attachment.connector)) == initiator_of(connector))
      return attachment;
  return std::nullopt;
}

AttachmentRow fresh_attachment(const App& app, const VolumeRow& volume, base::TimePoint now) {
  AttachmentRow fresh;
  fresh.id = app.uuid();
  fresh.volume_id = volume.id;
  fresh.project_id = volume.project_id;
  fresh.status = "attaching";
  fresh.mode = volume.readonly == "True" ? "ro" : "rw";
  fresh.created_at = now;
  return fresh;
}

void check_attachable(const VolumeRow& volume, const AttachedTo& wanted) {
  const bool may = volume.status == "available" || volume.status == "attaching" ||
                   (volume.multiattach && volume.status == "in-use");
  if (!may)
    bad_request(
        fmt::format("Invalid volume: Volume {} is already attached, or its status {} does "
                    "not allow it.",
                    volume.id, volume.status));
  if (volume.readonly == "True" && wanted.mode == "rw")
    bad_request(fmt::format("Invalid attachment mode 'rw': volume {} is read-only.", volume.id));
}

}  // namespace

void reserve_volume(App& app, const openstack::Context& context, const std::string& id) {
  change_status(app, context, id, "available", "attaching");
}

void unreserve_volume(App& app, const openstack::Context& context, const std::string& id) {
  change_status(app, context, id, "attaching", "available");
}

base::Json initialize_connection(App& app, const openstack::Context& context, const std::string& id,
                                 const base::Json& connector) {
  const base::TimePoint now = app.now();
  const auto volume = get_volume(app, context, id);
  const AttachmentRow fresh = fresh_attachment(app, volume, now);
  const std::string attachment = app.database.write("connection.new", [&](Session& session) {
    const VolumeRow row = get_volume(session, context, id);
    if (row.pool.empty()) bad_request("Invalid volume: volume " + id + " is on no back end.");
    if (const auto known =
            find_connection(store::list_attachments_of_volume(session, id), connector))
      return known->id;
    AttachmentRow made = fresh;
    made.status = "reserved";
    platform::insert(session, made);
    return made.id;
  });
  base::Json info = base::parse_json(
      connect_attachment(app, context, attachment, {connector, ""}).connection_info);
  base::JsonObject& data = info.as_object();
  base::Json type = data["driver_volume_type"];
  data.erase("driver_volume_type");
  return base::JsonObject{{"driver_volume_type", std::move(type)}, {"data", std::move(data)}};
}

void terminate_connection(App& app, const openstack::Context& context, const std::string& id,
                          const base::Json& connector) {
  static_cast<void>(get_volume(app, context, id));
  const auto found = app.database.read([&](Session& session) {
    return find_connection(store::list_attachments_of_volume(session, id), connector);
  });
  if (found) delete_attachment(app, context, found->id);
}

void attach_volume(App& app, const openstack::Context& context, const std::string& id,
                   const AttachedTo& wanted) {
  const base::TimePoint now = app.now();
  const AttachmentRow fresh = fresh_attachment(app, get_volume(app, context, id), now);
  app.database.write("volume.attach", [&](Session& session) {
    const VolumeRow volume = get_volume(session, context, id);
    check_attachable(volume, wanted);
    // The connection that was initialized for it.
    AttachmentRow attachment = fresh;
    bool known = false;
    for (const AttachmentRow& each : store::list_attachments_of_volume(session, id))
      if (each.status == "attaching" && each.server_id.empty()) {
        attachment = each;
        known = true;
      }
    attachment.status = "attached";
    attachment.server_id = wanted.server_id;
    attachment.mountpoint = wanted.mountpoint;
    if (!wanted.host.empty()) attachment.host = wanted.host;
    if (wanted.mode == "ro") attachment.mode = "ro";
    attachment.attached_at = now;
    attachment.updated_at = now;
    known ? platform::update(session, attachment) : platform::insert(session, attachment);
    follow_attachments(session, id, now);
  });
}

void detach_volume(App& app, const openstack::Context& context, const std::string& id,
                   const std::string& attachment_id) {
  static_cast<void>(get_volume(app, context, id));
  const auto attachments = app.database.read(
      [&](Session& session) { return store::list_attachments_of_volume(session, id); });
  if (attachments.empty()) return;  // it is detached already
  if (attachment_id.empty() && attachments.size() > 1)
    bad_request("Invalid volume: Volume " + id +
                " has several attachments: say which one by attachment_id.");
  const auto found = std::find_if(attachments.begin(), attachments.end(), [&](const auto& each) {
    return attachment_id.empty() || each.id == attachment_id;
  });
  if (found == attachments.end())
    bad_request("Invalid volume: Volume " + id + " has no such attachment.");
  delete_attachment(app, context, found->id);
}

void begin_detaching(App& app, const openstack::Context& context, const std::string& id) {
  change_status(app, context, id, "in-use", "detaching");
}

void roll_detaching(App& app, const openstack::Context& context, const std::string& id) {
  change_status(app, context, id, "detaching", "in-use");
}

}  // namespace cinder::app
