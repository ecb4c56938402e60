#include "nova/app/stray_volumes.hpp"

#include <algorithm>

#include "nova/store/instances.hpp"
#include "nova/store/server_volumes.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using openstack::clients::Volume;
using openstack::clients::VolumeAttachment;
using platform::Session;

// What could not be built has given its volumes back, and keeps them in mind.
bool wants(Session& session, const VolumeAttachment& attachment) {
  const auto server = store::find_instance(session, attachment.server_id);
  const bool not_built = server && server->vm_state == "error" && server->host.empty();
  return !not_built &&
         store::has_server_volume(session, attachment.server_id, attachment.volume_id);
}

}  // namespace

void StrayVolumes::look() {
  const std::string& request_id = platform::current_request().request_id;
  seen_.clear();
  try {
    for (const char* const status : {"reserved", "attaching"})
      for (const auto& attachment : app_.cinder.list_attachments_in(status, request_id))
        look_at(attachment);
    for (const Volume& volume : app_.cinder.list_volumes_in("detaching", request_id))
      look_at(volume);
  } catch (const base::Error& error) {
    platform::log_info("volumes are not compared now error={}", error.what());
  }
  before_ = std::move(seen_);
}

bool StrayVolumes::is_stray(const std::string& id) {
  const auto before = before_.find(id);
  const int rounds = before == before_.end() ? 1 : before->second + 1;
  seen_[id] = rounds;
  return rounds >= kRounds;
}

void StrayVolumes::look_at(const VolumeAttachment& attachment) {
  if (attachment.server_id.empty()) return;
  const bool is_wanted =
      app_.database.read([&](Session& session) { return wants(session, attachment); });
  if (is_wanted || !is_stray(attachment.id)) return;
  platform::log_warning("ending an attachment that no server has attachment={} volume={} server={}",
                        attachment.id, attachment.volume_id, attachment.server_id);
  app_.cinder.delete_attachment(attachment.id, platform::current_request().request_id);
}

void StrayVolumes::look_at(const Volume& leaving) {
  const bool stays = app_.database.read([&](Session& session) {
    return !leaving.servers.empty() &&
           std::all_of(leaving.servers.begin(), leaving.servers.end(), [&](const auto& server) {
             const auto volume = store::find_server_volume(session, server, leaving.id);
             return volume && volume->state.empty();
           });
  });
  if (!stays || !is_stray(leaving.id)) return;
  platform::log_warning("a volume that is to leave stays with its server volume={}", leaving.id);
  app_.cinder.roll_detaching(leaving.id, platform::current_request().request_id);
}

}  // namespace nova::app
