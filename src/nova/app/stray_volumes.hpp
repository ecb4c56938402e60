// Sets right what Cinder keeps of volumes for requests that died.
#pragma once

#include <map>
#include <string>

#include "nova/app/app.hpp"

namespace nova::app {

// A volume is reserved before the server's row says that it gets it, and who asks that it goes may
// die before the answer: it would be nobody's, or on its way for ever. Attachments that are in use
// have been written down before.
class StrayVolumes {
 public:
  // A request that is still on its way has written it down long before so many have passed.
  static constexpr base::Duration kInterval = std::chrono::seconds{25};
  static constexpr int kRounds = 4;

  explicit StrayVolumes(App& app) : app_(app) {}
  // One round: ends attachments that no server has, and leaves volumes to servers that do not let
  // them go, if it was so in kRounds of them.
  void look();

 private:
  void look_at(const openstack::clients::VolumeAttachment& attachment);
  void look_at(const openstack::clients::Volume& leaving);
  // Whether it was so in enough rounds.
  [[nodiscard]] bool is_stray(const std::string& id);

  App& app_;
  using Rounds = std::map<std::string, int>;  // by an attachment's or volume's id
  Rounds before_;
  Rounds seen_;
};

}  // namespace nova::app
