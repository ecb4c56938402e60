#include "nova/app/stray_attachments.hpp"

#include "nova/store/server_volumes.hpp"
#include "platform/current_request.hpp"
#include "platform/database/lease.hpp"
#include "platform/log.hpp"

namespace nova::app {
namespace {

using openstack::clients::VolumeAttachment;
using platform::Session;

// A request that is still on its way has written it down long before two rounds have passed.
constexpr base::Duration kStrayAttachmentsInterval = std::chrono::minutes{1};
constexpr base::Duration kStrayAttachmentsLease = std::chrono::minutes{4};

}  // namespace

StrayAttachments::StrayAttachments(App& app)
    : app_(app),
      holder_(app.runtime.host + "/" + app.uuid()),
      loop_(std::make_unique<platform::Periodic>(app.runtime.executor, "stray attachments",
                                                 kStrayAttachmentsInterval, [this] { run(); })) {}

void StrayAttachments::run() {
  const bool leader = app_.database.write("stray_attachments.lease", [&](Session& session) {
    return platform::hold_lease(session, "stray_attachments", holder_, app_.now(),
                                kStrayAttachmentsLease);
  });
  if (!leader) return suspects_.clear();
  std::set<std::string> seen;
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

void StrayAttachments::look_at(const VolumeAttachment& attachment, std::set<std::string>& seen) {
  if (attachment.server_id.empty() || is_wanted(attachment)) return;
  if (!suspects_.contains(attachment.id)) {
    seen.insert(attachment.id);
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
