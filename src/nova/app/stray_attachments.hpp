// Ends attachments that Cinder keeps for servers which never got the volume.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "nova/app/app.hpp"
#include "platform/executor.hpp"

namespace nova::app {

// Runs in every nova-conductor; the one that holds the lease "stray_attachments" works.
//
// A volume is reserved before the server's row says that it gets it; who dies in between leaves a
// volume that nobody can use. Attachments that are in use have been written down before.
class StrayAttachments {
 public:
  explicit StrayAttachments(App& app);
  // One round.
  void run();

 private:
  void look_at(const openstack::clients::VolumeAttachment& attachment, std::set<std::string>& seen);
  [[nodiscard]] bool is_wanted(const openstack::clients::VolumeAttachment& attachment);

  App& app_;
  std::string holder_;
  std::set<std::string> suspects_;            // that a round ago nobody wanted
  std::unique_ptr<platform::Periodic> loop_;  // last: ends first
};

}  // namespace nova::app
