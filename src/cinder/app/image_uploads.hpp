// Volumes as images of Glance: POST /volumes/{id}/action with os-volume_upload_image.
#pragma once

#include <optional>
#include <string>

#include "cinder/app/app.hpp"
#include "cinder/store/volumes.hpp"
#include "openstack/context.hpp"

namespace cinder::app {

struct ImageWish {
  std::string name;
  std::string disk_format = "raw";
  std::string container_format = "bare";
  std::optional<std::string> visibility;
  std::optional<bool> is_protected;
  bool force = false;  // also of a volume in use, where the operator allows that
};
struct BegunUpload {
  store::VolumeRow volume;
  openstack::clients::Image image;
};
// The volume is "uploading", and Glance has the image, without data yet. Throws Error(bad_request)
// if the volume's status does not allow it, and what Glance throws; the volume then is as before.
[[nodiscard]] BegunUpload begin_image_upload(App& app, const openstack::Context& context,
                                             const std::string& volume_id, const ImageWish& wish);

// Removes the images of uploads that ended without one, whoever ended them.
void remove_abandoned_images(App& app);

}  // namespace cinder::app
