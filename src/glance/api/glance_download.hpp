// Import by glance-download: an image of the Glance of another region of the same Keystone, in the
// name of the user who asks for it.
#pragma once

#include <map>
#include <string>

#include "glance/api/image_api.hpp"
#include "glance/task.hpp"

namespace glance::api {

// What is said of the image there.
struct RemoteImage {
  std::string url;  // without a slash at its end; "/file" is its bytes
  std::string disk_format;
  std::string container_format;
  uint64_t size = 0;
  std::map<std::string, std::string> properties;  // those of [glance_download_properties]
};

// Throws Error(bad_request) for a method that lacks something.
void check_glance_download(const base::Json& method);
// Where the region's endpoint says. Throws Error(bad_request): why it can not be imported.
[[nodiscard]] RemoteImage find_remote_image(const ImageApi& api, const Task& task,
                                            const std::string& token);
// Its bytes, as the filter and the rule of addresses of web-download let them pass.
[[nodiscard]] platform::http::Response open_remote_image(const ImageApi& api,
                                                         const RemoteImage& image,
                                                         const std::string& token);

}  // namespace glance::api
