// Messages to users: why something that they asked for did not happen.
#pragma once

#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/messages.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

// Both by cinder/message/message_field.py, whose numbers clients know.
enum class UserAction {
  schedule_volume = 1,
  copy_volume_to_image = 3,
  copy_image_to_volume = 5,
  extend_volume = 7,
  reimage_volume = 16,
};
enum class UserDetail {
  unknown_error = 1,
  no_backend_available = 3,
  failed_to_upload_volume = 4,
  driver_failed_extend = 10,
};

// A message to the volume's project; whoever sees it fail inserts it in the transaction that says
// so. It goes after message_ttl.
[[nodiscard]] store::MessageRow message_of(const App& app, const Origin& origin,
                                           const store::VolumeRow& volume, UserAction action,
                                           UserDetail detail);
// In words.
[[nodiscard]] std::string text_of(const store::MessageRow& message);

// Throws Error(not_found) also for one of another project.
[[nodiscard]] store::MessageRow get_message(platform::Session& session,
                                            const openstack::Context& context,
                                            const std::string& id);

}  // namespace cinder::app
