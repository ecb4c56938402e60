#include "nova/app/stray_attachments.hpp"

#include "nova/store/server_volumes.hpp"
#include "platform/current_request.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using openstack::clients::VolumeAttachment;
using platform::Session;

}  // namespace

void StrayAttachments::look() {
  Rounds seen;
  try {
    for (const char* const status : {"reserved", "attaching"})
      for (const auto& attachment :
           app_.cinder.list_attachments_in(status, platform::current_request().request_id))
        look_at(attachment, seen);
  } catch (const base::Error& error) {
    platform::log_info("attachments are not compared now error={}", error.what());
  }
  suspects_ = std::move(seen);
}

void StrayAttachments::look_at(const VolumeAttachment& attachment, Rounds& seen) {
  if (attachment.server_id.empty() || is_wanted(attachment)) return;
  const auto before = suspects_.find(attachment.id);
  const int rounds = before == suspects_.end() ? 1 : before->second + 1;
  if (rounds < kRounds) {
    seen[attachment.id] = rounds;
    return;
  }
  platform::log_warning("ending an attachment that no server has attachment={} volume={} server={}",
                        attachment.id, attachment.volume_id, attachment.server_id);
  app_.cinder.delete_attachment(attachment.id, platform::current_request().request_id);
}

bool StrayAttachments::is_wanted(const VolumeAttachment& attachment) {
  return app_.database.read([&](Session& session) {
    return store::has_server_volume(session, attachment.server_id, attachment.volume_id);
  });
}

}  // namespace nova::app
