#include "glance/api/inspected_source.hpp"

namespace glance::api {
namespace {

using platform::http::BodyReader;
using platform::http::BodySource;

class InspectingReader final : public BodyReader {
 public:
  InspectingReader(const ImageApi& api, const Image& image, std::shared_ptr<BodyReader> bytes,
                   std::optional<uint64_t> length)
      : bytes_(std::move(bytes)),
        length_(length),
        inspection_(image.disk_format.value_or("raw"), image.container_format.value_or("bare"),
                    api.format_rules) {}

  size_t read(char* buffer, size_t size) override {
    const size_t count = bytes_->read(buffer, size);
    inspection_.take({buffer, count});
    passed_ += count;
    if (count == 0 || passed_ == length_) static_cast<void>(inspection_.finish());
    return count;
  }

 private:
  std::shared_ptr<BodyReader> bytes_;
  const std::optional<uint64_t> length_;
  formats::Inspection inspection_;
  uint64_t passed_ = 0;
};

}  // namespace

std::shared_ptr<BodySource> inspected(const ImageApi& api, const Image& image,
                                      std::shared_ptr<BodySource> source) {
  auto checked = std::make_shared<BodySource>();
  checked->length = source->length;
  platform::http::Response bytes;
  bytes.stream = std::move(source);
  checked->reader = std::make_unique<InspectingReader>(api, image, platform::http::take_body(bytes),
                                                       checked->length);
  return checked;
}

}  // namespace glance::api
