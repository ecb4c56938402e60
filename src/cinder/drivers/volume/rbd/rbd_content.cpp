#include "cinder/drivers/volume/rbd/rbd_content.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"

namespace cinder::drivers {
namespace {

class ImageReader final : public platform::http::BodyReader {
 public:
  explicit ImageReader(platform::rbd::Image image) : image_(std::move(image)) {}
  size_t read(char* buffer, size_t size) override {
    const size_t count = image_.read(at_, buffer, size);
    at_ += count;
    return count;
  }

 private:
  platform::rbd::Image image_;
  uint64_t at_ = 0;
};

bool has_only_zeros(std::string_view bytes) {
  return bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

std::shared_ptr<platform::http::BodySource> read_image(platform::rbd::Image image) {
  auto source = std::make_shared<platform::http::BodySource>();
  source->length = image.size();
  source->reader = std::make_unique<ImageReader>(std::move(image));
  return source;
}

ImageFiller::ImageFiller(platform::rbd::Image image)
    : image_(std::move(image)), size_(image_.size()) {}

void ImageFiller::append(std::string_view bytes) {
  constexpr size_t kPiece = size_t{1} << 20;
  if (bytes.size() > size_ - at_)
    throw base::Error(base::ErrorKind::bad_request, "The image does not fit into the volume.");
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    if (!has_only_zeros(piece)) image_.write(at_, piece);
    at_ += piece.size();
    bytes.remove_prefix(piece.size());
  }
}

}  // namespace cinder::drivers
