// The bytes of an image in Ceph, as they come and as they go.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "platform/http/message.hpp"
#include "platform/rbd/image.hpp"

namespace cinder::drivers {

// All of the image, which stays open for it.
[[nodiscard]] std::shared_ptr<platform::http::BodySource> read_image(platform::rbd::Image image);

// Writes an image of zeros from its beginning on, without what is zeros.
class ImageFiller {
 public:
  explicit ImageFiller(platform::rbd::Image image);
  // Throws base::Error(bad_request) if the image is not that long.
  void append(std::string_view bytes);
  void flush() { image_.flush(); }

 private:
  platform::rbd::Image image_;
  uint64_t size_;
  uint64_t at_ = 0;
};

}  // namespace cinder::drivers
