#include "nova/app/server_images.hpp"

#include <fmt/format.h>

#include "base/scope_exit.hpp"
#include "nova/app/servers.hpp"
#include "nova/store/actions.hpp"
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

constexpr size_t kMaxMapped = 64;
constexpr base::Duration kSnapshotPatience = std::chrono::seconds{5};
constexpr base::Duration kSnapshotPause = std::chrono::milliseconds{100};

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

// Its beginning is in the list of what was done to the server, whatever comes of it.
class RecordedAction {
 public:
  RecordedAction(App& app, const openstack::Context& context, const std::string& server_id)
      : app_(app), operation_(app.uuid()) {
    const base::TimePoint now = app.now();
    app.database.write("image.begin", [&](Session& session) {
      store::start_action(session, {operation_, server_id, "createImage", "api_snapshot_instance"},
                          context, now);
    });
  }
  void finish(const std::string& result, const std::string& details) {
    const base::TimePoint now = app_.now();
    app_.database.write("image.end", [&](Session& session) {
      store::finish_action(session, operation_, result, details, now);
    });
  }

 private:
  App& app_;
  std::string operation_;
};

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

void discard(App& app, const Caller& caller, const std::vector<std::string>& snapshots) {
  for (const std::string& id : snapshots) try {
      delete_when_made(app, caller, id);
    } catch (const Error& error) {
      platform::log_warning("snapshot of an image that was not made is left snapshot={} error={}",
                            id, error.what());
    }
}

Json document_of(const std::string& properties, const ServerImageWish& wish, JsonArray mapping) {
  JsonObject document;
  const Json of_image = base::parse_json(properties);
  for (const auto& [key, value] : of_image.as_object()) document[key] = value;
  for (const auto& [key, value] : wish.metadata) document[key] = value;
  document["name"] = wish.name;
  document["visibility"] = "private";
  document["disk_format"] = "raw";
  document["container_format"] = "bare";
  document["root_device_name"] = "/dev/vda";
  document["bdm_v2"] = "True";
  document["block_device_mapping"] = base::to_text(std::move(mapping));
  return document;
}

std::string make_image_of_volumes(App& app, const openstack::Context& context,
                                  const std::string& server_id, const ServerImageWish& wish) {
  const Disks disks = disks_of(app, server_id);
  const Caller caller{context.token, context.request_id};
  std::vector<std::string> snapshots;
  base::ScopeExit undo([&] { discard(app, caller, snapshots); });
  JsonArray mapping;
  for (const ServerVolumeRow& volume : disks.volumes) {
    const auto size = app.cinder.get_volume(caller, volume.volume_id).size_gib;
    snapshots.push_back(
        app.cinder.create_snapshot(caller, volume.volume_id, "snapshot for " + wish.name));
    mapping.push_back(mapping_of(volume, snapshots.back(), size));
  }
  std::string image_id = openstack::clients::create_empty_image(
      caller, app.transport, app.settings.glance_url,
      document_of(disks.image_properties, wish, std::move(mapping)));
  undo.release();
  return image_id;
}

[[noreturn]] void refuse_mapping_of(const openstack::clients::Image& image) {
  throw Error(
      ErrorKind::bad_request,
      fmt::format("Block Device Mapping is Invalid: that of image {} can not be read.", image.id));
}

BlockDeviceWish wish_of(const Json& mapped) {
  BlockDeviceWish wish;
  wish.source = base::text_or(mapped, "source_type");
  wish.destination = base::text_or(mapped, "destination_type");
  wish.id = base::text_or(mapped, wish.source + "_id");
  wish.size_gib = base::integer_or(mapped, "volume_size", 0);
  if (const int64_t index = base::integer_or(mapped, "boot_index", -1); index >= 0)
    wish.boot_index = index;
  wish.delete_on_termination = base::boolean_or(mapped, "delete_on_termination", false);
  wish.volume_type = base::text_or(mapped, "volume_type");
  wish.tag = base::text_or(mapped, "tag");
  return wish;
}

}  // namespace

bool boots_from_volume(const store::InstanceRow& server) { return server.image_id.empty(); }

std::string create_image_of_volumes(App& app, const openstack::Context& context,
                                    const std::string& server_id, const ServerImageWish& wish) {
  require_settled_disks(get_server(app, context, server_id), "createImage");
  RecordedAction action(app, context, server_id);
  try {
    std::string image_id = make_image_of_volumes(app, context, server_id, wish);
    action.finish("Success", "");
    return image_id;
  } catch (const Error& error) {
    action.finish("Error", error.message());
    throw;
  }
}

std::vector<BlockDeviceWish> block_devices_of(const openstack::clients::Image& image) {
  const std::string text = base::text_or(image.properties, "block_device_mapping");
  if (text.empty()) return {};
  std::vector<BlockDeviceWish> wishes;
  try {
    const Json mapping = base::parse_json(text);
    for (const Json& mapped : mapping.as_array()) wishes.push_back(wish_of(mapped));
  } catch (const std::exception&) {
    refuse_mapping_of(image);
  }
  if (wishes.size() > kMaxMapped) refuse_mapping_of(image);
  return wishes;
}

}  // namespace nova::app
