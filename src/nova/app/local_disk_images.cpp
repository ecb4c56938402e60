#include "nova/app/local_disk_images.hpp"

#include <algorithm>

#include "nova/app/lifecycle.hpp"
#include "nova/app/servers.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/server_images.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using base::JsonObject;
using openstack::clients::Image;
using platform::Session;
using store::InstanceRow;
using store::ServerImageRow;

// What the API calls one kind of image or the other.
struct Making {
  std::string_view action;
  std::string_view event;
  std::string_view task_state;
  std::string_view image_type;
};
// A request for an image has come true by then, or never will: whoever has it may stand still for
// minutes, and clocks differ by minutes.
constexpr base::Duration kComingTrue = std::chrono::minutes{15};

constexpr Making kSnapshot{"createImage", "compute_snapshot_instance", "image_snapshot_pending",
                           "snapshot"};
constexpr Making kBackup{"createBackup", "compute_backup_instance", "image_backup", "backup"};

void check_making(const InstanceRow& server, const Making& making) {
  require_settled_disks(server, making.action);
  if (server.host.empty())
    throw Error(ErrorKind::conflict, "Instance " + server.id + " is not ready");
}

// The server is in the operation, and whatever becomes of it the image is not forgotten.
InstanceRow begin_making(App& app, const openstack::Context& context, const ServerImageRow& image,
                         const Making& making) {
  const base::TimePoint now = image.created_at;
  return app.database.write("image.begin", [&](Session& session) {
    auto server = get_server(session, context, image.server_id);
    check_making(server, making);
    store::start_action(
        session,
        {image.operation_id, server.id, std::string(making.action), std::string(making.event)},
        context, now);
    platform::insert(session, image);
    static_cast<void>(
        store::change_task(session, server.id, server.operation_id,
                           {server.vm_state, std::string(making.task_state), image.operation_id,
                            server.host, now + kHandOverDeadline, 1},
                           now));
    return server;
  });
}

// As Nova's compute.utils.create_image() has it.
base::Json document_of_image(App& app, const openstack::Context& context, const InstanceRow& server,
                             const ServerImageRow& image, const ServerImageWish& wish,
                             const Making& making) {
  // The image that the server was made of may be gone.
  const Image base =
      app.glance.find_image(server.image_id, "", context.request_id).value_or(Image{});
  const auto properties = app.database.read([&](Session& session) {
    return base::parse_json(store::get_instance_system(session, server.id).image_properties);
  });
  const base::Json flavor = base::parse_json(server.flavor);
  JsonObject document;
  for (const auto& [key, value] : properties.as_object()) document[key] = value;
  document["base_image_ref"] = server.image_id;
  document["instance_uuid"] = server.id;
  document["user_id"] = context.identity.user_id;
  document["image_type"] = making.image_type;
  if (!image.backup_type.empty()) document["backup_type"] = image.backup_type;
  for (const auto& [key, value] : wish.metadata) document[key] = value;
  document["id"] = image.image_id;
  document["name"] = wish.name;
  document["visibility"] = "private";
  document["disk_format"] = "qcow2";
  document["container_format"] = "bare";
  document["min_ram"] = base.min_ram;
  document["min_disk"] = std::max(base.min_disk, base::integer_or(flavor, "disk", 0));
  return document;
}

void cancel_making(App& app, const ServerImageRow& image, const Error& error) {
  const base::TimePoint now = app.now();
  const std::string& reason = error.message();
  app.database.write("image.cancel", [&](Session& session) {
    if (openstack::clients::is_refusal(error))
      store::delete_server_image(session, image.operation_id);
    const auto server =
        store::find_instance_in_operation(session, image.server_id, image.operation_id);
    if (server) abandon_operation(session, *server, reason, now);
  });
}

// False: the server is in another operation now, or gone.
bool hand_over(App& app, const openstack::Context& context, const ServerImageRow& image) {
  const base::TimePoint now = app.now();
  const auto work =
      app.message(origin_of(context), MakeServerImage{image.server_id, image.operation_id});
  return app.database.write("image.hand_over", [&](Session& session) {
    const auto server =
        store::find_instance_in_operation(session, image.server_id, image.operation_id);
    if (!server) return false;
    store::note_in_glance(session, image.operation_id);
    session.execute("UPDATE instances SET task_deadline=? WHERE id=?",
                    {now + kImageDeadline, server->id});
    platform::enqueue(session, compute_topic(server->host), work, now);
    return true;
  });
}

// One that is whole was made before its server went, and somebody may have it already. False: it is
// not there yet.
bool discard_unless_whole(App& app, const ServerImageRow& image) {
  const std::string request_id = "req-" + app.uuid();
  // An answer may be as old as its question.
  const base::TimePoint asked_at = app.now();
  const auto made = app.glance.find_image(image.image_id, "", request_id);
  if (!made) return image.in_glance || asked_at - image.created_at > kComingTrue;
  if (made->status == "active") return true;
  platform::log_warning("removing an image that was not made image={} server={}", image.image_id,
                        image.server_id);
  app.glance.delete_image(image.image_id, request_id);
  return true;
}

}  // namespace

std::string create_image_of_local_disk(App& app, const openstack::Context& context,
                                       const std::string& server_id, const ServerImageWish& wish,
                                       const std::optional<BackupWish>& backup) {
  const Making& making = backup ? kBackup : kSnapshot;
  const ServerImageRow image{
      app.uuid(), server_id, app.uuid(), backup ? backup->type : "", backup ? backup->rotation : 0,
      app.now()};
  const InstanceRow server = begin_making(app, context, image, making);
  try {
    static_cast<void>(openstack::clients::create_image(
        {context.token, context.request_id}, app.transport, app.settings.glance_url,
        document_of_image(app, context, server, image, wish, making)));
  } catch (const Error& error) {
    cancel_making(app, image, error);
    throw;
  }
  if (hand_over(app, context, image)) return image.image_id;
  // It may have been looked for before it was there.
  app.glance.delete_image(image.image_id, context.request_id);
  throw Error(ErrorKind::conflict, "Instance " + server_id + " is in another operation now.");
}

void remove_abandoned_images(App& app) {
  const auto abandoned = app.database.read(
      [&](Session& session) { return store::list_abandoned_images(session, app.now()); });
  for (const ServerImageRow& image : abandoned) try {
      if (!discard_unless_whole(app, image)) continue;
      app.database.write("image.abandoned", [&](Session& session) {
        store::delete_server_image(session, image.operation_id);
      });
    } catch (const Error& error) {
      // It is tried again the next time.
      platform::log_error("image not removed image={} error={}", image.image_id, error.what());
    }
}

}  // namespace nova::app
