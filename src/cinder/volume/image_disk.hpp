// An image of Glance as the content of a volume.
#pragma once

#include <string>

#include "cinder/drivers/volume/provider.hpp"
#include "openstack/clients/glance.hpp"

namespace cinder::volume {

// Whether volumes can be made of images like this one: Glance knows what it is, and has looked into
// it. Throws Error(bad_request) if not.
void check_image_format(const openstack::clients::Image& image);

// Whether its bytes are those of the disk, with nothing to convert.
[[nodiscard]] bool is_raw(const openstack::clients::Image& image);

// Writes the image, as the raw disk that it is or is converted to, and commits it if what came is
// what Glance has. `scratch`: the beginning of the names of files on the way, which are removed.
void write_image(openstack::clients::Glance& glance, const openstack::clients::Image& image,
                 const std::string& request_id, const std::string& scratch,
                 drivers::Writer& writer);

// The content of a volume as an image of that disk format. Throws Error(bad_request) for a format
// that is not written. `scratch` as above.
[[nodiscard]] std::shared_ptr<platform::http::BodySource> read_as_image(
    std::shared_ptr<platform::http::BodySource> volume, std::string_view disk_format,
    const std::string& scratch);

}  // namespace cinder::volume
