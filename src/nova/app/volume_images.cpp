#include "nova/app/volume_images.hpp"

#include <algorithm>

#include "nova/app/servers.hpp"
#include "nova/store/actions.hpp"
#include "nova/store/volume_images.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using openstack::clients::Caller;
using platform::Session;
using store::ServerVolumeRow;
using store::VolumeImageRow;

constexpr base::Duration kSnapshotPatience = std::chrono::seconds{5};
constexpr base::Duration kSnapshotPause = std::chrono::milliseconds{100};
// Whoever makes an image has died, or stands still: many snapshots may be slow to begin.
constexpr base::Duration kMakingPatience = std::chrono::minutes{10};
// A request has come true by then, or never will.
constexpr base::Duration kComingTrue = std::chrono::minutes{15};

struct Disks {
  std::vector<ServerVolumeRow> volumes;
  std::string image_properties;  // JSON: of the image that the root volume was made of
};

Disks disks_of(App& app, const std::string& server_id) {
  return app.database.read([&](Session& session) -> Disks {
    return {store::list_server_volumes(session, server_id),
            store::get_instance_system(session, server_id).image_properties};
  });
}

std::string ids_of(const std::vector<ServerVolumeRow>& volumes) {
  JsonArray ids;
  for (const ServerVolumeRow& volume : volumes) ids.emplace_back(volume.volume_id);
  return base::to_text(std::move(ids));
}

// ---- what is written down

// Its beginning is in the list of what was done to the server, whatever comes of it.
VolumeImageRow begin(App& app, const openstack::Context& context, const std::string& server_id,
                     const std::vector<ServerVolumeRow>& volumes) {
  const VolumeImageRow image{app.uuid(), app.uuid(), ids_of(volumes), false, app.now()};
  app.database.write("image.begin", [&](Session& session) {
    store::start_action(session,
                        {image.operation_id, server_id, "createImage", "api_snapshot_instance"},
                        context, image.created_at);
    platform::insert(session, image);
  });
  return image;
}

// Throws Error(conflict) if it was given up meanwhile.
void finish(App& app, const VolumeImageRow& image) {
  const base::TimePoint now = app.now();
  app.database.write("image.end", [&](Session& session) {
    const auto row = store::find_volume_image(session, image.image_id);
    if (!row || row->given_up)
      throw Error(ErrorKind::conflict, "The image was not made in time.", image.image_id);
    store::delete_volume_image(session, image.image_id);
    store::finish_action(session, image.operation_id, "Success", "", now);
  });
}

// False: it is finished.
bool give_up(App& app, const VolumeImageRow& image, const std::string& reason) {
  const base::TimePoint now = app.now();
  return app.database.write("image.give_up", [&](Session& session) {
    if (!store::find_volume_image(session, image.image_id)) return false;
    session.execute("UPDATE volume_images SET given_up=? WHERE image_id=?", {true, image.image_id});
    store::finish_action(session, image.operation_id, "Error", reason, now);
    return true;
  });
}

void forget(App& app, const VolumeImageRow& image) {
  app.database.write("image.forget", [&](Session& session) {
    store::delete_volume_image(session, image.image_id);
  });
}

// ---- what is made

// As Nova's block_device.snapshot_from_bdm() has it.
Json mapping_of(const ServerVolumeRow& volume, const std::string& snapshot_id, int64_t size_gib) {
  JsonObject mapping{{"source_type", "snapshot"},
                     {"destination_type", "volume"},
                     {"device_type", "disk"},
                     {"snapshot_id", snapshot_id},
                     {"volume_size", size_gib},
                     {"device_name", volume.device_name},
                     {"delete_on_termination", volume.delete_on_termination}};
  mapping["boot_index"] = volume.boot_index < 0 ? Json(nullptr) : Json(volume.boot_index);
  mapping["tag"] = volume.tag.empty() ? Json(nullptr) : Json(volume.tag);
  return mapping;
}

Json document_of(const VolumeImageRow& image, const std::string& properties,
                 const ServerImageWish& wish, JsonArray mapping) {
  JsonObject document;
  const Json of_image = base::parse_json(properties);
  for (const auto& [key, value] : of_image.as_object()) document[key] = value;
  for (const auto& [key, value] : wish.metadata) document[key] = value;
  document["id"] = image.image_id;
  document["name"] = wish.name;
  document["visibility"] = "private";
  document["disk_format"] = "raw";
  document["container_format"] = "bare";
  document["root_device_name"] = "/dev/vda";
  document["bdm_v2"] = "True";
  document["block_device_mapping"] = base::to_text(std::move(mapping));
  return document;
}

// `snapshots`: those that were made so far.
void make(App& app, const Caller& caller, const VolumeImageRow& image, const Disks& disks,
          const ServerImageWish& wish, std::vector<std::string>& snapshots) {
  JsonArray mapping;
  for (const ServerVolumeRow& volume : disks.volumes) {
    const auto size = app.cinder.get_volume(caller, volume.volume_id).size_gib;
    snapshots.push_back(app.cinder.create_snapshot(caller, volume.volume_id,
                                                   "snapshot for " + wish.name, image.image_id));
    mapping.push_back(mapping_of(volume, snapshots.back(), size));
  }
  static_cast<void>(openstack::clients::create_empty_image(
      caller, app.transport, app.settings.glance_url,
      document_of(image, disks.image_properties, wish, std::move(mapping))));
}

// Cinder deletes none that is still being made.
void delete_when_made(App& app, const Caller& caller, const std::string& snapshot_id) {
  const base::SteadyTime deadline = app.runtime.clock.steady() + kSnapshotPatience;
  for (;;) try {
      return app.cinder.delete_snapshot(caller, snapshot_id);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_request || app.runtime.clock.steady() > deadline) throw;
      app.runtime.executor.sleep_for(kSnapshotPause);
    }
}

// False: the reaper has to go on with it.
bool discard(App& app, const Caller& caller, const std::vector<std::string>& snapshots) {
  try {
    for (const std::string& id : snapshots) delete_when_made(app, caller, id);
    return true;
  } catch (const Error& error) {
    platform::log_warning("snapshots of an image that was not made are left for now error={}",
                          error.what());
    return false;
  }
}

// ---- what was left in the middle

// False: there was nothing.
bool remove_snapshots(App& app, const VolumeImageRow& image, const std::string& request_id) {
  const Json volumes = base::parse_json(image.volumes);
  bool any = false;
  for (const Json& volume : volumes.as_array())
    for (const std::string& id : app.cinder.list_snapshots_for_image(
             std::string(volume.as_string()), image.image_id, request_id)) {
      any = true;
      app.cinder.delete_snapshot(id, request_id);
    }
  return any;
}

void look_after(App& app, const VolumeImageRow& image) {
  const std::string request_id = "req-" + app.uuid();
  // An answer may be as old as its question.
  const base::TimePoint asked_at = app.now();
  const auto made = app.glance.find_image(image.image_id, "", request_id);
  if (!image.given_up) {
    if (made && made->status == "active") return finish(app, image);
    if (!give_up(app, image, "The image was not made in time.")) return;
  }
  platform::log_info("removing what is left of an image that was not made image={}",
                     image.image_id);
  if (made) app.glance.delete_image(image.image_id, request_id);
  const bool any = remove_snapshots(app, image, request_id) || made;
  if (!any && asked_at - image.created_at > kComingTrue) forget(app, image);
}

}  // namespace

std::string create_image_of_volumes(App& app, const openstack::Context& context,
                                    const std::string& server_id, const ServerImageWish& wish) {
  require_settled_disks(get_server(app, context, server_id), "createImage");
  const Caller caller{context.token, context.request_id};
  const Disks disks = disks_of(app, server_id);
  const VolumeImageRow image = begin(app, context, server_id, disks.volumes);
  std::vector<std::string> snapshots;
  try {
    make(app, caller, image, disks, wish, snapshots);
    finish(app, image);
    return image.image_id;
  } catch (const Error& error) {
    const bool nothing_is_left =
        give_up(app, image, error.message()) && discard(app, caller, snapshots);
    if (nothing_is_left && openstack::clients::is_refusal(error)) forget(app, image);
    throw;
  }
}

void remove_abandoned_volume_images(App& app) {
  const auto images =
      app.database.read([&](Session& session) { return store::list_volume_images(session); });
  for (const VolumeImageRow& image : images) try {
      if (image.given_up || app.now() - image.created_at > kMakingPatience) look_after(app, image);
    } catch (const Error& error) {
      // It is tried again the next time.
      platform::log_warning("image of volumes not tidied up image={} error={}", image.image_id,
                            error.what());
    }
}

}  // namespace nova::app
