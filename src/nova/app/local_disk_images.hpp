// Images of servers that boot from a local disk: their host copies the disk and sends it to Glance.
// https://docs.openstack.org/api-ref/compute/#create-image-createimage-action and
// https://docs.openstack.org/api-ref/compute/#create-server-back-up-createbackup-action
#pragma once

#include <optional>
#include <string>

#include "nova/app/server_images.hpp"

namespace nova::app {

// A backup takes the place of the oldest one of its type.
struct BackupWish {
  std::string type;      // "daily", "weekly", ...
  int64_t rotation = 0;  // so many of the type are kept
};

// Glance has the image, "queued"; the server's host makes it whole. Returns its id. Throws
// Error(conflict) in a state that does not allow it, and what Glance says; nothing is left then.
[[nodiscard]] std::string create_image_of_local_disk(App& app, const openstack::Context& context,
                                                     const std::string& server_id,
                                                     const ServerImageWish& wish,
                                                     const std::optional<BackupWish>& backup = {});

// Removes the images whose making ended without them, whoever ended it.
void remove_abandoned_images(App& app);

}  // namespace nova::app
