// Ends attachments that Cinder keeps for servers which never got the volume.
#pragma once

#include <map>
#include <string>

#include "nova/app/app.hpp"

namespace nova::app {

// A volume is reserved before the server's row says that it gets it; who dies in between leaves a
// volume that nobody can use. Attachments that are in use have been written down before.
class StrayAttachments {
 public:
  // A request that is still on its way has written it down long before so many have passed.
  static constexpr base::Duration kInterval = std::chrono::seconds{25};
  static constexpr int kRounds = 4;

  explicit StrayAttachments(App& app) : app_(app) {}
  // One round; ends those that nobody wanted in kRounds of them.
  void look();

 private:
  using Rounds = std::map<std::string, int>;  // of an attachment, in which nobody wanted it
  void look_at(const openstack::clients::VolumeAttachment& attachment, Rounds& seen);
  [[nodiscard]] bool is_wanted(const openstack::clients::VolumeAttachment& attachment);

  App& app_;
  Rounds suspects_;
};

}  // namespace nova::app
