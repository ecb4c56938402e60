#include "glance/api/late_digests.hpp"

#include "glance/api/digests.hpp"
#include "platform/log.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;

constexpr size_t kAtOnce = 1;  // nobody waits for it
constexpr size_t kWaiting = 1000;

}  // namespace

LateDigests::LateDigests(const ImageApi& api)
    : api_(api), pool_(api.runtime.executor, "glance-api digests", kAtOnce, kWaiting) {}

LateDigests::~LateDigests() { stopping_ = true; }

void LateDigests::compute(const std::string& request_id, const std::string& image_id) {
  // A full queue drops it: the registry asks again.
  static_cast<void>(pool_.post([this, request_id, image_id] { run(request_id, image_id); }));
}

void LateDigests::run(const std::string& request_id, const std::string& image_id) const {
  openstack::Context context;
  context.request_id = request_id;
  try {
    const Image image = api_.registry(context, GetImage{image_id, {"", true}});
    if (image.os_hash_value || image.locations.empty()) return;
    static_cast<void>(api_.registry(context, read(image)));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return;
    platform::log_warning("digests not computed image={} error={}", image_id, error.what());
  }
}

SetDigests LateDigests::read(const Image& image) const {
  platform::http::Response bytes;
  bytes.stream = api_.open_in_store(image, 0, std::nullopt);
  const auto reader = platform::http::take_body(bytes);
  Digests digests(api_.runtime.executor);
  for (;;) {
    if (stopping_) throw Error(ErrorKind::unavailable, "This glance-api ends.");
    const auto room = digests.room();
    const size_t count = reader->read(room.data(), room.size());
    if (count == 0) break;
    digests.take(count);
  }
  auto [md5, sha512] = digests.finish();
  return {image.id, image.locations.front().url, std::move(md5), std::move(sha512)};
}

}  // namespace glance::api
